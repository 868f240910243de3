/**
 * Which hardware runs the graphs. `DAMO_PROVIDER` lists what is wanted, best first; the next one is taken only because it
 * stands in the list, never silently. ONNX Runtime itself still runs single nodes on the CPU that a provider has no kernel for.
 */
import { DomainError } from "../../core/errors.ts";

export const PROVIDER_NAMES = ["cuda", "coreml", "dml", "webgpu", "cpu"] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

export interface ProviderChoice {
  /** Best first. */
  readonly providers: readonly ProviderName[];
  /** Which graphics card, for `cuda` and `dml`. */
  readonly deviceId: number;
}

export const CPU_ONLY = { providers: ["cpu"], deviceId: 0 } as const satisfies ProviderChoice;

/** As ONNX Runtime takes it: only these two know devices, and others refuse an option that they do not know. */
export type ExecutionProviderOption = { readonly name: ProviderName; readonly deviceId?: number };

export interface ProviderRuntime<Session> {
  /** Names that this build of ONNX Runtime knows. */
  readonly known: () => readonly string[];
  readonly create: (provider: ExecutionProviderOption) => Promise<Session>;
}

/**
 * The first provider of the list that opens the session.
 *
 * @throws DomainError `model.provider_unavailable` with details `{ asked, reasons }` when none does; what `create` throws
 *   for `cpu`, unchanged: then it is the graph
 */
export async function openWithProvider<Session>(
  { known, create }: ProviderRuntime<Session>,
  { providers, deviceId }: ProviderChoice,
): Promise<{ readonly session: Session; readonly provider: ProviderName }> {
  const reasons: string[] = [];
  for (const provider of providers) {
    if (!known().includes(provider)) {
      reasons.push(`${provider}: not in this build of ONNX Runtime`);
      continue;
    }
    const hasDevices = provider === "cuda" || provider === "dml";
    try {
      return { session: await create(hasDevices ? { name: provider, deviceId } : { name: provider }), provider };
    } catch (error) {
      if (provider === "cpu") throw error;
      reasons.push(`${provider}: ${firstLine(error)}`);
    }
  }
  throw new DomainError("model.provider_unavailable", `no execution provider: ${reasons.join("; ")}`, {
    details: { asked: providers.join(","), reasons, problem: reasons.join("; ") },
  });
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0] as string;
