/** What both chat ledgers share: whether a record matches, and how a change is made. Pure. */
import type { ChatRecord, ChatRecordFilter, ChatSettings, PlatformName } from "../core/index.ts";
import { hasEnded } from "../core/index.ts";

export function matches(record: ChatRecord, filter: ChatRecordFilter): boolean {
  const { platform, type, unfinished, ...facets } = filter;
  return (
    (platform === undefined || record.platform === platform) &&
    (type === undefined || record.type === type) &&
    (unfinished === undefined || unfinished === !hasEnded(record)) &&
    Object.entries(facets).every(([facet, value]) => value === undefined || facetsOf(record)[facet] === value)
  );
}

/** The ids by which a record is looked up. */
export function facetsOf(record: ChatRecord): Readonly<Record<string, string | undefined>> {
  const message = record.type === "share" ? record.source.message : record.message;
  const place = record.thread ?? message;
  return {
    channelId: place?.channelId,
    threadId: record.thread?.threadId,
    messageId: message?.messageId,
    fileId: record.type === "share" && record.source.type === "file" ? record.source.fileId : undefined,
    clipId: record.clipId,
  };
}

/** Oldest first; of one millisecond, in a stable order. */
export const byAge = (a: ChatRecord, b: ChatRecord): number =>
  a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** A record keeps its identity whatever a change says; `undefined` in a change removes the field. */
export const changed = <R extends ChatRecord>(record: R, change: object): R =>
  JSON.parse(JSON.stringify({ ...record, ...change, type: record.type, id: record.id, tenantId: record.tenantId }));

/** The name under which settings are kept. */
export const settingsName = (platform: PlatformName, channelId: string | undefined): string =>
  JSON.stringify(channelId === undefined ? [platform] : [platform, channelId]);

export type KeptSettings = Readonly<Record<string, ChatSettings>>;
