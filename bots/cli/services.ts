/**
 * What the commands need of the rest of the house, each made on first use: `damo forget` loads no model, `damo --help`
 * nothing at all. Built in bots/main.ts; tests build it with a fake model.
 */
import type {
  BundleManifest,
  ClipEncoder,
  ClipMemoryStore,
  ClipModel,
  Config,
  ContactStripMaker,
  FrameStore,
  LineStore,
  MediaStore,
  TenantId,
  ThreadStore,
} from "../../core/index.ts";

export interface Stores {
  readonly memories: ClipMemoryStore;
  readonly threads: ThreadStore;
  readonly media: MediaStore;
  readonly frames: FrameStore;
  readonly lines: LineStore;
}

export interface FoundFfmpeg {
  readonly path: string;
  readonly version: string;
  /** Where it was found, e.g. "PATH". */
  readonly source: string;
}

export interface Services {
  readonly config: Config;
  readonly tenantId: TenantId;
  /** @throws DomainError `memory.unavailable` */
  stores(): Promise<Stores>;
  /** @throws DomainError `model.*` */
  model(): Promise<ClipModel>;
  /** The key that signs links. @throws DomainError `memory.unavailable` */
  linkSecret(): Promise<string>;
  /** Loads no model; finds ffmpeg when it is used. */
  clipEncoder(): Promise<ClipEncoder>;
  /** Reads every byte of the bundle. @throws DomainError `model.*` */
  verifyBundle(folder: string): Promise<BundleManifest>;
  /** @throws DomainError `setup.ffmpeg_missing` */
  findFfmpeg(): Promise<FoundFfmpeg>;
  readonly strips: ContactStripMaker;
  /** Lets go of everything that was made. Called once, at the end of the process. */
  close(): Promise<void>;
}
