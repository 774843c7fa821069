/** Where the plan is on the screen: metres to pixels and back, and the three zoom bands. */

import type { Box, Point } from "../live/spread";

export interface View {
  /** Pixels a metre. */
  readonly scale: number;
  /** The plan's lower-left corner, in pixels from the map's upper-left. */
  readonly left: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

export type Band = "far" | "middle" | "near";

const FAR_BELOW = 6.5;
const NEAR_FROM = 60;
const MARGIN_PX = 24;
/** Kept free under the plan for the legend and the zoom buttons. */
export const FOOT_PX = 68;
export const SCALE_MAX = 220;

/** Single tags are drawn only where each has room on the screen: hundreds of thousands are colours of zones first. */
const TAG_PX2_MIN = 14;

export function bandOf(scale: number, tagsPerM2 = 0): Band {
  if (scale < FAR_BELOW || tagsPerM2 * TAG_PX2_MIN > scale * scale) return "far";
  return scale < NEAR_FROM ? "middle" : "near";
}

export function toScreen(view: View, x: number, y: number): Point {
  return [view.left + x * view.scale, view.bottom - y * view.scale];
}

/** The part of the plan that is on the screen. */
export function seen(view: View): Box {
  return {
    left: -view.left / view.scale,
    right: (view.width - view.left) / view.scale,
    top: view.bottom / view.scale,
    bottom: (view.bottom - view.height) / view.scale,
  };
}

/** The scale at which the whole plan is on the screen, with a little air. */
export function fitScale(planWidth: number, planHeight: number, width: number, height: number): number {
  const margin = Math.min(MARGIN_PX, width * 0.03);
  const free = height - FOOT_PX - margin;
  return Math.max(0.05, Math.min((width - 2 * margin) / planWidth, free / planHeight));
}

export function fitView(planWidth: number, planHeight: number, width: number, height: number): View {
  const scale = fitScale(planWidth, planHeight, width, height);
  return {
    scale,
    left: (width - planWidth * scale) / 2,
    bottom: (height - FOOT_PX + planHeight * scale) / 2 + MARGIN_PX / 2,
    width,
    height,
  };
}

/** How big a tag's dot is: it grows with the zoom, and stays visible and apart from its neighbours. */
export const dotRadius = (scale: number): number => Math.max(1.4, Math.min(8, scale * 0.19));
