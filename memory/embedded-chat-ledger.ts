/**
 * The chat ledger as plain files, one a record (keys.ts draws it). Everything is read once, at first use, and then
 * written through: one process at a time uses it, the one that talks to the platforms.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ChatLedger, ChatRecord, ChatRecordFilter, ChatSettings, PlatformName, TenantId } from "../core/index.ts";
import { byAge, changed, type KeptSettings, matches, settingsName } from "./chat-records.ts";
import { decodeJson, encodeJson } from "./checked-json.ts";
import { flushFolder, isAbsent, namesIn, onDisk, PRIVATE_FOLDER, removeFolder, replaceFile } from "./durable-file.ts";
import { CHAT_SETTINGS_FILE, chatRecordFile, isChatRecordFile, tenantFolder } from "./keys.ts";

interface KeptTenant {
  readonly records: Map<string, ChatRecord>;
  settings: KeptSettings;
}

export class EmbeddedChatLedger implements ChatLedger {
  readonly #root: string;
  readonly #now: () => number;
  /** What was claimed, until when. Not on disk: after a restart the records themselves say what has been seen. */
  readonly #claims = new Map<string, number>();
  #loaded: Promise<Map<TenantId, KeptTenant>> | undefined;
  /** Writes go one after the other: the last state of a record is the one on disk. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  /** @param root  the folder of all conversations; made when first needed */
  constructor(root: string, now: () => number = Date.now) {
    this.#root = root;
    this.#now = now;
  }

  async claim(tenantId: TenantId, what: string, ttlMs: number): Promise<boolean> {
    const now = this.#now();
    for (const [claim, untilMs] of this.#claims) if (untilMs <= now) this.#claims.delete(claim);
    const claim = JSON.stringify([tenantId, what]);
    if (this.#claims.has(claim)) return false;
    this.#claims.set(claim, now + ttlMs);
    return true;
  }

  async create<R extends ChatRecord>(record: R): Promise<{ readonly record: R; readonly created: boolean }> {
    const { records } = await this.#tenant(record.tenantId);
    const there = records.get(record.id);
    if (there) return { record: there as R, created: false };
    records.set(record.id, record);
    await this.#write(record);
    return { record, created: true };
  }

  async read(tenantId: TenantId, id: string): Promise<ChatRecord | undefined> {
    return (await this.#tenant(tenantId)).records.get(id);
  }

  async update(tenantId: TenantId, id: string, change: object): Promise<ChatRecord | undefined> {
    const { records } = await this.#tenant(tenantId);
    const record = records.get(id);
    if (!record) return undefined;
    const next = changed(record, change);
    records.set(id, next);
    await this.#write(next);
    return next;
  }

  async find(tenantId: TenantId, filter: ChatRecordFilter): Promise<readonly ChatRecord[]> {
    const { records } = await this.#tenant(tenantId);
    return [...records.values()].filter((record) => matches(record, filter)).sort(byAge);
  }

  async remove(tenantId: TenantId, id: string): Promise<boolean> {
    const { records } = await this.#tenant(tenantId);
    if (!records.delete(id)) return false;
    await this.#inTurn(async () => {
      const folder = tenantFolder(this.#root, tenantId);
      await rm(join(folder, chatRecordFile(id)), { force: true });
      await flushFolder(folder).catch(ignoreAbsent);
    });
    return true;
  }

  async tenants(): Promise<readonly TenantId[]> {
    return [...(await this.#load())]
      .filter(([, { records, settings }]) => records.size > 0 || Object.keys(settings).length > 0)
      .map(([tenantId]) => tenantId);
  }

  async readSettings(tenantId: TenantId, platform: PlatformName, channelId?: string): Promise<ChatSettings> {
    return (await this.#tenant(tenantId)).settings[settingsName(platform, channelId)] ?? {};
  }

  async writeSettings(
    tenantId: TenantId,
    platform: PlatformName,
    channelId: string | undefined,
    settings: ChatSettings,
  ): Promise<void> {
    const tenant = await this.#tenant(tenantId);
    tenant.settings = { ...tenant.settings, [settingsName(platform, channelId)]: settings };
    const kept = { tenantId, settings: tenant.settings };
    await this.#inTurn(() => this.#writeFile(tenantId, CHAT_SETTINGS_FILE, kept));
  }

  async removeTenant(tenantId: TenantId): Promise<void> {
    (await this.#load()).delete(tenantId);
    await this.#inTurn(() => removeFolder(tenantFolder(this.#root, tenantId)));
  }

  async close(): Promise<void> {
    await this.#lastWrite.catch(() => undefined);
  }

  /** The file gets the record's state of the moment it is written, so that a late write never brings back an old one. */
  #write({ tenantId, id }: ChatRecord): Promise<void> {
    return this.#inTurn(async () => {
      const record = (await this.#tenant(tenantId)).records.get(id);
      if (record) await this.#writeFile(tenantId, chatRecordFile(id), record);
    });
  }

  async #writeFile(tenantId: TenantId, file: string, content: unknown): Promise<void> {
    const folder = tenantFolder(this.#root, tenantId);
    await mkdir(folder, PRIVATE_FOLDER);
    await replaceFile(join(folder, file), encodeJson(content));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastWrite.catch(() => undefined).then(() => onDisk(this.#root, work));
    this.#lastWrite = done;
    return done;
  }

  async #tenant(tenantId: TenantId): Promise<KeptTenant> {
    const tenants = await this.#load();
    const tenant = tenants.get(tenantId) ?? { records: new Map(), settings: {} };
    tenants.set(tenantId, tenant);
    return tenant;
  }

  #load(): Promise<Map<TenantId, KeptTenant>> {
    this.#loaded ??= onDisk(this.#root, () => loadAll(this.#root)).catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }
}

async function loadAll(root: string): Promise<Map<TenantId, KeptTenant>> {
  const tenants = new Map<TenantId, KeptTenant>();
  const tenantOf = (tenantId: TenantId): KeptTenant => {
    const tenant = tenants.get(tenantId) ?? { records: new Map(), settings: {} };
    tenants.set(tenantId, tenant);
    return tenant;
  };
  for (const folder of await namesIn(root)) {
    for (const name of await namesIn(join(root, folder))) {
      // A damaged record is one conversation that has to be started again; it is no reason to stop.
      if (isChatRecordFile(name)) {
        const record = decodeJson<ChatRecord>(await readIfThere(join(root, folder, name)));
        if (record) tenantOf(record.tenantId).records.set(record.id, record);
      } else if (name === CHAT_SETTINGS_FILE) {
        type Kept = { readonly tenantId: TenantId; readonly settings: KeptSettings };
        const kept = decodeJson<Kept>(await readIfThere(join(root, folder, name)));
        if (kept) tenantOf(kept.tenantId).settings = kept.settings;
      }
    }
  }
  return tenants;
}

const readIfThere = (path: string): Promise<Uint8Array | undefined> => readFile(path).catch(ignoreAbsent);

function ignoreAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
