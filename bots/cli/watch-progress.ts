/** How watching goes, for a bar on a terminal or for `--json` lines. */
import { Presets, SingleBar } from "cli-progress";
import { clockTime } from "../time-text.ts";
import type { TextStream } from "./terminal.ts";

export interface WatchProgress {
  readonly watchedSeconds: number;
  readonly durationSeconds: number;
  /** Media seconds watched in one second of wall time, in this run. */
  readonly speed: number;
  /** Wall seconds until the end at this speed. */
  readonly etaSeconds: number;
}

export interface WatchPace {
  /** Wall time, ms since the epoch. */
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** Media time at which this run began: not 0 when an earlier one was stopped. */
  readonly resumedAtSeconds: number;
  readonly watchedSeconds: number;
  readonly durationSeconds: number;
}

export function watchProgress(pace: WatchPace): WatchProgress {
  const watchedSeconds = Math.min(pace.watchedSeconds, pace.durationSeconds);
  // The clock's step is 1 ms: without the floor, a first window could be "infinitely fast".
  const elapsedSeconds = Math.max(0.001, (pace.nowMs - pace.startedAtMs) / 1000);
  const speed = (watchedSeconds - pace.resumedAtSeconds) / elapsedSeconds;
  const etaSeconds = speed > 0 ? (pace.durationSeconds - watchedSeconds) / speed : 0;
  return {
    watchedSeconds,
    durationSeconds: pace.durationSeconds,
    speed: Math.round(speed * 10) / 10,
    etaSeconds: Math.round(etaSeconds * 10) / 10,
  };
}

/** "0:32 of 1:00, 8.1x real time, 0:04 left" */
export const progressText = (progress: WatchProgress): string =>
  [
    `${clockTime(progress.watchedSeconds)} of ${clockTime(progress.durationSeconds)}`,
    ...(progress.speed > 0 ? [`${progress.speed.toFixed(1)}x real time`] : []),
    ...(progress.speed > 0 ? [`${clockTime(Math.ceil(progress.etaSeconds))} left`] : []),
  ].join(", ");

export interface ProgressBar {
  show(progress: WatchProgress): void;
  /** Takes the bar off the screen. Safe to repeat. */
  clear(): void;
}

export function createProgressBar(stream: TextStream): ProgressBar {
  const bar = new SingleBar(
    {
      stream: stream as NodeJS.WritableStream,
      format: "  watching {bar} {status}",
      barsize: 28,
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
    },
    Presets.rect,
  );
  let shown = false;
  return {
    show(progress) {
      const status = { status: progressText(progress) };
      if (!shown) bar.start(progress.durationSeconds, progress.watchedSeconds, status);
      else bar.update(progress.watchedSeconds, status);
      shown = true;
    },
    clear() {
      if (shown) bar.stop();
      shown = false;
    },
  };
}
