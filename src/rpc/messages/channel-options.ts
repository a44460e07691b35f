/** Channel options: settings of grpc-js that differ from its defaults. */
import type { ChannelOptions } from '@grpc/grpc-js';

/**
 * Longest message; a peer can make the other side hold one in memory. It is long enough for a pack of 8
 * results with the longest curves and bitmaps that `wire-codec.ts` allows.
 */
export const messageBytesMax = 16 * 1024 * 1024;

/** Most concurrent calls on one connection: enough for a session and several shard downloads. */
export const callsPerConnection = 16;

const shared: ChannelOptions = {
  'grpc.enable_channelz': 0, // Saves the memory of debugging data.
  'grpc.keepalive_time_ms': 15_000, // A peer that does not answer is detected within 25 s.
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

/**
 * @param serverName the name in the server's certificate, for every address
 * @param silenceMs how long the coordinator may answer nothing: while it creates a million trials, or ranks
 *   them, it does nothing else
 */
export function clientOptions(serverName: string, silenceMs?: number): ChannelOptions {
  return {
    ...shared,
    ...(silenceMs !== undefined && { 'grpc.keepalive_timeout_ms': silenceMs }),
    'grpc.ssl_target_name_override': serverName,
    'grpc.default_authority': serverName,
    'grpc.enable_retries': 0, // A repeated session would repeat its messages.
    'grpc.enable_http_proxy': 0, // The pin was verified on a direct connection.
    'grpc.use_local_subchannel_pool': 1, // Closing a client closes its connection.
    'grpc.service_config_disable_resolution': 1,
  };
}
