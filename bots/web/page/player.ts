/** The page of one clip: starts it at its moment and makes links, keys, buttons and the question box act in place. */
import { askInPlace } from "./ask-box.ts";
import { loadChapters, showChapters } from "./chapters.ts";
import { ClipPlayer } from "./clip-player.ts";
import { clockTime } from "./clock-time.ts";
import { byId, maybeById } from "./dom.ts";
import { listenForKeys } from "./keyboard.ts";
import { markCurrent, momentsOnPage, playClickedMoments } from "./moments.ts";
import { followWatching, preparePlayable } from "./progress.ts";
import { copyLinkAt } from "./share-link.ts";
import { Timeline } from "./timeline.ts";

const page = document.body.dataset;
const path = page["path"] as string;
const timeline = new Timeline(Number(page["duration"]) || 1);
document.documentElement.classList.add("scripted");

/** `#t=12.5,15` or `?t=12.5`, as the jump link wrote it; the hash wins, as it changes without a reload. */
function momentOfAddress(fallback: number): [start: number, end?: number] {
  const [, start, end] = /^#t=([\d.]+)(?:,([\d.]+))?$/.exec(location.hash) ?? [];
  if (start === undefined) return [fallback];
  return end === undefined ? [Number(start)] : [Number(start), Number(end)];
}

function startPlayer(media: HTMLMediaElement): void {
  const loop = byId("loop");
  const shareTime = byId("share-time");
  const player = new ClipPlayer(media, () => {
    timeline.showTime(player.time);
    markCurrent(player.time);
    loop.setAttribute("aria-pressed", String(player.loops));
    shareTime.textContent = clockTime(player.time);
  });

  player.goTo(...momentOfAddress(Number(media.dataset["start"])));
  addEventListener("hashchange", () => player.playMoment(...momentOfAddress(player.time)));
  playClickedMoments(player);
  timeline.seekOnClick(player);
  watchForTrouble(player);

  const help = byId<HTMLDialogElement>("help");
  const act = {
    previous: () => player.step(momentsOnPage(), -1),
    next: () => player.step(momentsOnPage(), 1),
    loop: () => player.toggleLoop(momentsOnPage()),
    share: () => void copyLinkAt(player.time),
    keys: () => help.showModal(),
  };
  for (const [id, press] of Object.entries(act)) byId(id).addEventListener("click", press);

  /** Browsers do not say how many frames a second there are; a 25th is one frame or two. */
  const frame = 1 / 25;
  const whole = () => (document.fullscreenElement ? document.exitFullscreen() : media.requestFullscreen());
  listenForKeys({
    " ": () => player.toggle(),
    k: () => player.toggle(),
    ArrowLeft: () => player.by(-5),
    ArrowRight: () => player.by(5),
    j: () => player.by(-10),
    ",": () => player.by(-frame),
    ".": () => player.by(frame),
    n: act.next,
    p: act.previous,
    l: act.loop,
    m: () => {
      media.muted = !media.muted;
    },
    f: () => void whole().catch(() => {}),
    c: act.share,
    "/": () => maybeById("question")?.focus(),
    "?": act.keys,
  });
}

/** A clip that this browser cannot play is asked for in another version, once; then there is only the download. */
function watchForTrouble(player: ClipPlayer): void {
  const { media } = player;
  let tried = false;
  const prepare = async () => {
    if (tried) return;
    tried = true;
    const ready = page["convert"] !== undefined && (await preparePlayable(path));
    if (ready) player.replaceSource(`${path}/clip?version=playable`);
    else byId("trouble").hidden = false;
  };
  const onError = () => {
    if (tried) byId("trouble").hidden = false;
    else void prepare();
  };
  if (page["clip"] === "convert") void prepare();
  media.addEventListener("error", onError);
  // The script may come after the browser has already given up.
  if (media.error) onError();
  // A picture codec that the browser lacks can leave the sound playing under a black stage.
  media.addEventListener("loadeddata", () => {
    if (media instanceof HTMLVideoElement && media.videoWidth === 0) onError();
  });
}

async function showMoments(): Promise<void> {
  if (page["moments"] === undefined) return;
  const chapters = await loadChapters(path);
  showChapters(chapters);
  byId("marks").replaceChildren();
  for (const { startSeconds: start, endSeconds: end } of chapters) timeline.markMoment({ start, end });
}

const media = maybeById<HTMLMediaElement>("media");
if (media) startPlayer(media);
if (page["frames"] !== undefined) timeline.peekOnHover((seconds) => `${path}/frame?t=${seconds}`);

const form = maybeById<HTMLFormElement>("ask");
if (form) {
  askInPlace({
    form,
    onAnswered: (spans) => {
      for (const { startSeconds: start, endSeconds: end } of spans) timeline.markSpan({ start, end });
    },
  });
}

// Frames that were not kept leave no hole.
document.addEventListener("error", (event) => event.target instanceof HTMLImageElement && event.target.remove(), true);

async function showCuts(): Promise<void> {
  const answer = await fetch(`${path}/cuts`).catch(() => undefined);
  const { cuts } = answer?.ok ? ((await answer.json()) as { cuts: readonly number[] }) : { cuts: [] };
  for (const seconds of cuts) timeline.markCut(seconds);
}

if (page["cuts"] !== undefined) void showCuts();
void showMoments();
if (page["watching"] !== undefined) void followWatching(path).then(showMoments);
