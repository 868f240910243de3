/** A tokenizer.json with the special tokens of docs/bundle.md and a handful of words; other text goes byte by byte. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BundleTokenizer, loadTokenizer } from "../../model/tokenizer.ts";

export const CONTROL_TOKENS = ["<pad>", "<bos>", "<eos>", "<q>", "<a>", "<to>", "<found>", "<absent>", "<list>"];
const SLOTS = Array.from({ length: 16 }, (_, slot) => `<w${slot}>`);
const OFFSETS = Array.from({ length: 17 }, (_, offset) => `<t${offset}>`);

/** GPT-2's printable stand-in for every byte. */
function byteAlphabet(): string[] {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

export function tokenizerJson(specials: readonly string[] = [...CONTROL_TOKENS, ...SLOTS, ...OFFSETS]): object {
  const merges = [
    ["Ġ", "d"],
    ["Ġd", "o"],
    ["Ġdo", "g"],
    ["Ġ", "a"],
    ["Ġa", "t"],
  ];
  const words = [...specials, ...byteAlphabet(), ...merges.map((pair) => pair.join(""))];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specials.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      merges,
    },
  };
}

export async function aTokenizer(json: object = tokenizerJson()): Promise<BundleTokenizer> {
  const folder = await mkdtemp(join(tmpdir(), "damo-tokenizer-"));
  try {
    const file = join(folder, "tokenizer.json");
    await writeFile(file, JSON.stringify(json));
    return await loadTokenizer(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
