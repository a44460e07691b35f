/** Tool schemas: the JSON of `predict`, `lr-range-test`, `check-gradients`, `doctor` and `data`, field by field. */
import { z } from 'zod';
import { count, versionField } from './output-schemas.ts';

const number = z.number();
const uses = z
  .object({
    train: count.describe('images that trained the model'),
    validation: count.describe('images that selected it'),
    test: count.describe('test images'),
    none: count.describe('images that the model has not seen, or of other data'),
  })
  .meta({ id: 'uses', description: 'images by their use in the training of the model' });

/** `predict --format json`. */
export const predictSchema = z.object({
  ...versionField,
  model: z.string().describe('file of the model'),
  networks: count.describe('networks of the model'),
  mirror: z.boolean().describe('whether mirrored images are averaged too'),
  kernel: z.string().describe('implementation of the arithmetic'),
  images: z.string().describe('where the images are'),
  study: z
    .string()
    .nullable()
    .describe('study or recipe of the model; null if its file does not have it'),
  accuracy: number.describe('share of the scored images that are right'),
  loss: number.describe('mean cross-entropy, in nats'),
  images_scored: uses.describe('images that were scored'),
  images_left_out: uses.describe('images of the same shards that were not'),
  class_names: z.array(z.string()).nullable().describe('names of the classes; null if unknown'),
  predictions: z
    .array(
      z.object({
        shard: z.string().describe('shard of the image'),
        index: count.describe('number of the image in its shard, from 0'),
        label: count.describe('its class'),
        predicted: count.describe('predicted class'),
        probabilities: z.array(number).describe('probability of each class'),
        class_name: z.string().nullable().describe('name of the predicted class; null if unknown'),
      }),
    )
    .describe('scored images'),
});

/** `lr-range-test --format json`. */
export const rateRangeSchema = z.object({
  ...versionField,
  status: z.enum(['complete', 'diverged']).describe('whether training reached the highest rate'),
  lambda: number.describe('λ of the test'),
  epochs: number.describe('length of the test, in epochs'),
  suggested: z
    .object({
      min: number.describe('lower end'),
      max: number.describe('upper end'),
      notes: z.array(z.string()).describe('limits of the suggestion'),
    })
    .nullable()
    .describe('learning rates to cycle between; null if accuracy never rose'),
  kernel: z.string().describe('implementation of the arithmetic'),
  points: z
    .array(
      z.object({
        step: count.describe('updates so far'),
        epoch: number.describe('epochs so far'),
        learning_rate: number.describe('rate of the latest update'),
        train_loss: number.describe('loss on training images, in nats'),
        train_accuracy: number.describe('share of training images that are right'),
        validation_loss: number.describe('loss on validation images'),
        validation_accuracy: number.describe('share of validation images that are right'),
      }),
    )
    .describe('measurements'),
});

const groupErrors = {
  oracle_error: number.describe('error of the float64 reference against numeric gradients'),
  max_absolute_error: number.describe('largest absolute error of the kernel'),
  norm_error: number.describe('error of the whole group, relative to its norm'),
};

/** `check-gradients --format json`. */
export const gradientsSchema = z.object({
  ...versionField,
  passed: z.boolean().describe('whether all errors are within the limits'),
  max_absolute_error: number.describe('largest of all groups'),
  max_relative_error: number.describe('largest of all groups'),
  max_norm_error: number.describe('largest of all groups'),
  oracle: z
    .object({ max_relative_error: number.describe('largest of all groups') })
    .describe('the float64 reference'),
  limits: z.object(groupErrors).describe('limits of the errors'),
  groups: z
    .array(
      z.object({
        ...groupErrors,
        name: z.string().describe('w1, b1, w2 or b2'),
        compared: count.describe('gradients that were compared'),
        left_out: count.describe('gradients at a kink of the ReLU'),
        max_relative_error: number.describe('largest relative error'),
        network: z.string().describe('size of the network, such as 3072-50-10'),
        lambda: number.describe('λ of the check'),
        kernel: z.string().describe('implementation of the arithmetic'),
        passed: z.boolean().describe('whether the errors are within the limits'),
      }),
    )
    .describe('groups of parameters, for each network and kernel'),
});

/** `doctor --format json`. */
export const doctorSchema = z.object({
  ...versionField,
  findings: z
    .array(
      z.object({
        check: z.string().describe('what was checked'),
        result: z.enum(['ok', 'warn', 'fail']).describe('result of the check'),
        detail: z.string().describe('what was found'),
        fix: z.string().nullable().describe('what to do; null if nothing'),
      }),
    )
    .describe('checks'),
});

/** `data list --format json`. */
export const dataListSchema = z.array(
  z.object({
    name: z.string().describe('name of the data set'),
    description: z.string().describe('what it is'),
    paths: z.array(z.string()).describe('searched places'),
    source: z.string().nullable().describe('the place that is used; null if it is not there'),
    shards: z.array(z.string()).describe('shards that are there'),
    official: z
      .boolean()
      .nullable()
      .describe('whether it is the official release; null if unknown'),
    problem: z
      .string()
      .nullable()
      .describe('why it cannot be used; null if it can, or is not there'),
    fetchable: z.boolean().describe('whether `data fetch` downloads it'),
  }),
);

/** `data info --format json`. */
export const dataInfoSchema = z.object({
  name: z.string().describe('name or path'),
  description: z.string().nullable().describe('what it is; null for own files'),
  source: z.string().describe('its path'),
  format: z.string().nullable().describe('format of the files; null if it is embedded'),
  official: z
    .boolean()
    .nullable()
    .describe('whether it is the official release; null if there is none'),
  warnings: z.array(z.string()).describe('sentences about the data'),
  channels: count.describe('channels of an image'),
  height: count.describe('its height in pixels'),
  width: count.describe('its width in pixels'),
  classes: count.describe('number of classes'),
  pixelMax: number.describe('largest possible value of a pixel'),
  classNames: z.array(z.string()).nullable().describe('names of the classes; null if unknown'),
  shards: z
    .array(
      z.object({
        name: z.string().describe('name of the shard'),
        count: count.describe('its images'),
        bytes: count.describe('its size'),
        digest: z.string().describe('SHA-256 of its records'),
        classCounts: z.array(count).describe('images of each class'),
        pixelMean: number.describe('mean of all pixels'),
      }),
    )
    .describe('shards'),
  warning_details: z
    .array(
      z.object({
        code: z.string().describe('kind of the warning'),
        text: z.string().describe('the sentence'),
      }),
    )
    .describe('the same warnings with their codes'),
});
