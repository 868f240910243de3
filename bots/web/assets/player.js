// Starts the clip at its moment, lets times be clicked and keys be pressed. The page works as plain links without it.
const media = document.getElementById("media");
const playhead = document.getElementById("playhead");
const moments = [...document.querySelectorAll("a[data-start]")];
/** Starts of all moments in order of time, each once. */
const starts = [...new Set(moments.map((link) => Number(link.dataset.start)))].sort((a, b) => a - b);

/** Where to stop again, seconds; Infinity when nobody asked for a single moment. */
let stopAt = Number.POSITIVE_INFINITY;

/** `#t=12.5,15` or `?t=12.5`, as the jump link wrote it; the hash wins, as it changes without a reload. */
function momentOfAddress() {
  const [, start = media.dataset.start, end = "Infinity"] = /^#t=([\d.]+)(?:,([\d.]+))?$/.exec(location.hash) ?? [];
  return { start: Number(start), end: Number(end) };
}

function goTo(start, end = Number.POSITIVE_INFINITY) {
  stopAt = end > start ? end : Number.POSITIVE_INFINITY;
  media.currentTime = Math.min(start, media.duration || start);
}

function whenReady(act) {
  if (media.readyState >= HTMLMediaElement.HAVE_METADATA) act();
  else media.addEventListener("loadedmetadata", act, { once: true });
}

function playMoment(start, end) {
  whenReady(() => {
    goTo(start, end);
    // Browsers may refuse to start sound by themselves; then the person presses play.
    media.play().catch(() => {});
  });
}

whenReady(() => {
  const { start, end } = momentOfAddress();
  goTo(start, end);
});

addEventListener("hashchange", () => {
  const { start, end } = momentOfAddress();
  playMoment(start, end);
});

for (const link of moments) {
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    history.replaceState(null, "", link.getAttribute("href"));
    playMoment(Number(link.dataset.start), Number(link.dataset.end));
  });
}

media.addEventListener("timeupdate", () => {
  if (media.currentTime >= stopAt && !media.paused) {
    stopAt = Number.POSITIVE_INFINITY;
    media.pause();
  }
  if (playhead && media.duration) {
    const share = (100 * media.currentTime) / media.duration;
    playhead.setAttribute("x1", share);
    playhead.setAttribute("x2", share);
  }
  for (const link of moments) {
    const inside = media.currentTime >= Number(link.dataset.start) && media.currentTime < Number(link.dataset.end);
    link.setAttribute("aria-current", String(inside));
  }
});

media.addEventListener("error", () => {
  document.getElementById("trouble").hidden = false;
});
// The script may come after the browser has already given up.
if (media.error) document.getElementById("trouble").hidden = false;
// A picture codec that the browser lacks can leave the sound playing under a black stage.
media.addEventListener("loadeddata", () => {
  if (media instanceof HTMLVideoElement && media.videoWidth === 0) document.getElementById("trouble").hidden = false;
});

addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  // A focused player has keys of its own.
  if (event.target === media && (event.key === " " || event.key.startsWith("Arrow"))) return;
  const now = media.currentTime;
  // Half a second of grace, so that "previous" pressed twice goes back twice.
  const previous = starts.filter((start) => start < now - 0.5).at(-1);
  const next = starts.find((start) => start > now + 0.05);
  const act = {
    " ": () => (media.paused ? media.play().catch(() => {}) : media.pause()),
    ArrowLeft: () => goTo(Math.max(0, now - 5)),
    ArrowRight: () => goTo(now + 5),
    n: () => next !== undefined && goTo(next),
    p: () => goTo(previous ?? starts[0] ?? 0),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
