/** The settings of grpc-js that both sides share, and why they are not its defaults. */
import type { ChannelOptions } from '@grpc/grpc-js';
import { callsPerConnection, messageBytesMax } from '../server/server-limits.ts';

const shared: ChannelOptions = {
  'grpc.enable_channelz': 0, // Bookkeeping for a debugger that nobody attaches; it costs memory.
  'grpc.keepalive_time_ms': 15_000, // With the answer's time: who is silent is noticed within 25 s.
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 0,
  'grpc.max_receive_message_length': messageBytesMax,
  'grpc.max_send_message_length': messageBytesMax,
};

export const serverOptions: ChannelOptions = {
  ...shared,
  'grpc.max_connection_idle_ms': 60_000,
  'grpc.max_concurrent_streams': callsPerConnection,
};

/** @param serverName the name in the server's certificate, whatever address was dialled */
export function clientOptions(serverName: string): ChannelOptions {
  return {
    ...shared,
    'grpc.ssl_target_name_override': serverName,
    'grpc.default_authority': serverName,
    'grpc.enable_retries': 0, // A conversation must not be replayed behind its participants' backs.
    'grpc.enable_http_proxy': 0, // The pin was checked on a direct connection.
    'grpc.use_local_subchannel_pool': 1, // Closing a client closes its connection.
    'grpc.service_config_disable_resolution': 1,
  };
}
