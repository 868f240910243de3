/** The bundle's tokenizer: byte-level BPE with the special tokens of docs/bundle.md. */
import { readFile } from "node:fs/promises";
import { Tokenizer } from "@huggingface/tokenizers";
import { DomainError } from "../core/errors.ts";

export interface SpecialTokens {
  readonly bos: number;
  readonly eos: number;
  readonly question: number;
  readonly answer: number;
  readonly to: number;
  readonly found: number;
  readonly absent: number;
  readonly list: number;
  /** Ids of `<w0>`, `<w1>`, ... */
  readonly slots: readonly number[];
  /** Ids of `<t0>`, `<t1>`, ...: consecutive. */
  readonly offsets: readonly number[];
  /** Every special id. */
  readonly all: readonly number[];
}

export interface BundleTokenizer {
  readonly special: SpecialTokens;
  /**
   * Words get a leading space; special tokens may stand in the text and follow the word before them without one
   * (training does the same). The caller keeps people's text free of `<` and `>`.
   */
  encode(text: string): number[];
  /** @param tokens  text tokens only */
  decode(tokens: readonly number[]): string;
}

/** @throws DomainError model.bundle_invalid when the file is no tokenizer or lacks a special token */
export async function loadTokenizer(path: string): Promise<BundleTokenizer> {
  const tokenizer = await readTokenizer(path);
  const idOf = (token: string): number => {
    const id = tokenizer.token_to_id(token);
    if (id === undefined) throw invalid(path, `special token ${token}`, "a vocabulary without it");
    return id;
  };
  const numbered = (letter: string): number[] => {
    const ids: number[] = [];
    for (let id = tokenizer.token_to_id(`<${letter}0>`); id !== undefined; ) {
      ids.push(id);
      id = tokenizer.token_to_id(`<${letter}${ids.length}>`);
    }
    return ids;
  };
  const special: SpecialTokens = {
    bos: idOf("<bos>"),
    eos: idOf("<eos>"),
    question: idOf("<q>"),
    answer: idOf("<a>"),
    to: idOf("<to>"),
    found: idOf("<found>"),
    absent: idOf("<absent>"),
    list: idOf("<list>"),
    slots: numbered("w"),
    offsets: numbered("t"),
    all: [...tokenizer.get_added_tokens_decoder().keys()],
  };
  // The confidence of a time sums over neighbouring ids (decoding/generate-answer.ts).
  if (special.offsets.some((id, offset) => id !== (special.offsets[0] as number) + offset)) {
    throw invalid(path, "consecutive ids for <t0>, <t1>, ...", special.offsets.join(", "));
  }
  return {
    special,
    encode: (text) => {
      const glued = ` ${text.trim()}`.replace(/ +(<[wt])/g, "$1");
      return tokenizer.encode(glued, { add_special_tokens: false }).ids;
    },
    decode: (tokens) =>
      tokens.length === 0 ? "" : tokenizer.decode([...tokens], { clean_up_tokenization_spaces: false }),
  };
}

/** Lower case, and one space for every run of other characters than a-z, 0-9 and the apostrophe. */
export const normaliseWords = (text: string): string => text.toLowerCase().replace(/[^a-z0-9']+/g, " ");

async function readTokenizer(path: string): Promise<Tokenizer> {
  try {
    return new Tokenizer(JSON.parse(await readFile(path, "utf8")), {});
  } catch (cause) {
    throw invalid(path, "a tokenizer.json", String(cause), cause);
  }
}

const invalid = (file: string, expected: string, found: string, cause?: unknown): DomainError =>
  new DomainError("model.bundle_invalid", `tokenizer ${file}: expected ${expected}, found ${found}`, {
    cause,
    details: { file, expected, found },
  });
