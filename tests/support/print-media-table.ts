/** Prints what decoding makes of every file below a folder. Run by script/media-table. */
import { join } from "node:path";
import { resolveFfmpeg } from "../../model/media/index.ts";
import { filesBelow, mediaOutcome, TABLE_HEADER, tableRow } from "./media-table.ts";

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("usage: print-media-table FOLDER");
const ffmpeg = await resolveFfmpeg({ configured: process.env["FFMPEG_BIN"], searchPath: process.env["PATH"] });
console.error(`${ffmpeg.path}, version ${ffmpeg.version}`);
console.log(TABLE_HEADER);
for (const file of await filesBelow(folder)) {
  const outcome = await mediaOutcome(join(folder, file), ffmpeg);
  console.log(tableRow({ ...outcome, file }));
}
