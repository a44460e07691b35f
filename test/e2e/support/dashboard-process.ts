/** A coordinator with a dashboard, and raw HTTP requests to it. */
import { request, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { scratchDir, start, type OnEnd, type Running } from './processes.ts';

export interface DashboardProcess {
  readonly coordinator: Running;
  readonly url: string;
  readonly port: number;
  /** Signs in one admin, once. */
  readonly link: string;
  readonly code: string;
  readonly joinFile: string;
  readonly state: string;
}

export async function startWithDashboard(
  studies: readonly string[],
  state = join(scratchDir(), 'state'),
  onEnd: OnEnd = onTestFinished,
): Promise<DashboardProcess> {
  const options = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--lease', '2'];
  const coordinator = start(['coordinator', ...studies, ...options, '--state', state], { onEnd });
  const [link, url, port, code] = await coordinator
    .prints(/(http:\/\/127\.0\.0\.1:(\d+))\/#code=(\S+)/)
    .then((match) => [match[0], match[1]!, Number(match[2]), match[3]!] as const);
  const joinFile = (await coordinator.prints(/ridgeline worker --join (@\S+)/))[1]!;
  return { coordinator, url, port, link, code, joinFile, state };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request; its path is not normalised. */
export async function ask(port: number, path: string, question: Question = {}): Promise<Answer> {
  return await new Promise((answered, failed) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: question.method ?? 'GET',
        headers: question.headers ?? {},
        agent: false,
      },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () =>
          answered({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
        response.on('error', failed);
      },
    );
    sent.on('error', failed);
    sent.end(question.body);
  });
}

/** A request as the page sends it. */
export function fromPage(port: number, body: unknown, cookie?: string): Question {
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin: `http://127.0.0.1:${port}`,
      ...(cookie === undefined ? {} : { cookie }),
    },
    body: JSON.stringify(body),
  };
}

/** @returns the cookie of a session */
export async function signedIn(port: number, secret: string): Promise<string> {
  const answer = await ask(port, '/api/sign-in', fromPage(port, { secret }));
  if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${answer.text}`);
  return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}
