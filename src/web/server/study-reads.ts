/** Study reads: the requests of a page for parts of a study: rows of the ranking, one trial, learning curves. */
import type { Hono } from 'hono';
import { RidgelineError } from '../../base/errors.ts';
import type { DashboardCache } from '../boards/dashboard-cache.ts';
import { refuse, type Signed } from './guards.ts';
import type { LiveCluster } from '../live-cluster.ts';
import { curvesQuery, fileName, rowsQuery, trialQuery } from './requests.ts';

const unknownStudy = 'unknown study';

export function addStudyReads(
  app: Hono<Signed>,
  { cache, cluster }: { readonly cache: DashboardCache; readonly cluster: LiveCluster },
): void {
  addFiles(app, cluster);
  app.get('/api/studies/:study/page', async (context) => {
    const page = await cache.page(context.req.param('study'));
    return page === null ? refuse(context, 404, unknownStudy) : context.json(page);
  });
  app.get('/api/studies/:study/trials', async (context) => {
    const { data } = rowsQuery.safeParse(context.req.query());
    if (data === undefined)
      return refuse(context, 400, 'offset and limit must be whole numbers, limit at most 200');
    try {
      const page = await cache.rows(context.req.param('study'), data);
      return page === null ? refuse(context, 404, unknownStudy) : context.json(page);
    } catch (error) {
      if (!(error instanceof RidgelineError)) throw error;
      return refuse(context, 400, `${error.what} ${error.fix}`);
    }
  });
  app.get('/api/studies/:study/trial', async (context) => {
    const { data } = trialQuery.safeParse(context.req.query());
    if (data === undefined) return refuse(context, 400, 'name must be a trial, such as coarse/7');
    const detail = await cache.trial(context.req.param('study'), data.name);
    return detail === null ? refuse(context, 404, 'unknown study or trial') : context.json(detail);
  });
  app.get('/api/studies/:study/curves', async (context) => {
    const { data } = curvesQuery.safeParse({ trial: context.req.queries('trial') ?? [] });
    if (data === undefined)
      return refuse(context, 400, 'trial must name at most 12 trials, such as coarse/7');
    const curves = await cache.curves(context.req.param('study'), data.trial);
    return curves === null ? refuse(context, 404, unknownStudy) : context.json(curves);
  });
}

const types: Readonly<Record<string, string>> = {
  csv: 'text/csv; charset=utf-8',
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
};

/** Files are attachments, so that the browser saves a report and never shows it as a page of this server. */
function addFiles(app: Hono<Signed>, cluster: LiveCluster): void {
  app.get('/api/studies/:study/files/:name', async (context) => {
    const { data: name } = fileName.safeParse(context.req.param('name'));
    if (name === undefined) return refuse(context, 404, 'unknown file');
    const record = await cluster.study(context.req.param('study'));
    if (record === null) return refuse(context, 404, unknownStudy);
    const { study } = record.spec;
    const { size, content } = await cluster.file(study, name);
    const type = types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    context.header('content-type', type);
    context.header('content-length', String(size));
    context.header('content-disposition', `attachment; filename="${study}-${name}"`);
    return context.body(content);
  });
}
