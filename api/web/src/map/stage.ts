/** Keeps the map's layers in step: the tags on the GPU, the plan and the marks over and under them, the labels. */

import type { Floor } from "../state/floor.svelte";
import type { Drawing } from "./draw";
import { type Ink, Names, write } from "./labels";
import { oncePerFrame } from "./once";
import { type Palette, rgb, Scene } from "./scene";
import { type Band, bandOf, fitView, seen, toScreen, type View } from "./view";

export interface Layers {
  readonly root: HTMLDivElement;
  readonly svg: SVGSVGElement;
  readonly tags: HTMLDivElement;
  readonly marks: HTMLDivElement;
  readonly labels: HTMLCanvasElement;
  readonly halo: HTMLElement;
}

const LOOK_AGAIN_MS = 5_000;
const FOUND_SCALE = 34;
/** Frames further apart than this come from a machine that draws slowly: it is spared the gliding. */
const SLOW_FRAME_MS = 55;
const FRAME_GAP_MAX_MS = 500;

export class Stage {
  readonly #floor: Floor;
  readonly #layers: Layers;
  readonly #scene = new Scene();
  readonly #names = new Names();
  readonly #calm = matchMedia("(prefers-reduced-motion: reduce)");
  readonly #resized: ResizeObserver;
  #drawing: Drawing | null = null;
  #palette!: Palette;
  #ink!: Ink;
  #view: View;
  #version = -1;
  #lookedMs = 0;
  #drawnMs = 0;
  #frameMs = 16;
  #stopped = false;
  readonly draw = oncePerFrame((nowMs) => this.#draw(nowMs));

  constructor(floor: Floor, layers: Layers) {
    this.#floor = floor;
    this.#layers = layers;
    this.#view = this.#fitted();
    this.recolour();
    this.#resized = new ResizeObserver(() => {
      if (!this.#drawing) this.#viewed(this.#fitted());
    });
    this.#resized.observe(layers.root);
    floor.drawSoon = this.draw;
    this.#viewed(this.#view);
  }

  /** Fetch the drawing code and begin; false where this browser can't. */
  async open(): Promise<boolean> {
    const [{ canDraw }, { open }] = await Promise.all([import("./webgl"), import("./draw")]);
    if (this.#stopped || !canDraw()) return false;
    this.#drawing = open({
      parent: this.#layers.tags,
      width: this.#floor.plan.width,
      height: this.#floor.plan.height,
      calm: () => this.#calm.matches,
      band: (scale) => this.#band(scale),
      viewed: (view) => this.#viewed(view),
      picked: (index, at) => this.#picked(index, at),
    });
    this.draw();
    return true;
  }

  stop(): void {
    this.#stopped = true;
    this.#resized.disconnect();
    this.#floor.drawSoon = () => undefined;
    this.#drawing?.stop();
  }

  recolour(): void {
    const style = getComputedStyle(this.#layers.root);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    this.#palette = { tag: rgb(colour("--tag")), stale: rgb(colour("--stale")), missing: rgb(colour("--missing")) };
    this.#ink = { text: colour("--ink"), muted: colour("--muted"), halo: colour("--zone") };
    this.#version = -1;
    this.draw();
  }

  fly(at: readonly [number, number]): void {
    this.#drawing?.fly(at, Math.max(this.#view.scale, FOUND_SCALE));
    this.draw();
  }

  zoomBy(steps: number): void {
    this.#drawing?.zoomBy(steps);
  }

  fit(): void {
    this.#drawing?.fit();
  }

  /** Where a place of the plan is on the page. */
  onPage(x: number, y: number): readonly [number, number] {
    const box = this.#layers.root.getBoundingClientRect();
    const [left, top] = toScreen(this.#view, x, y);
    return [box.left + left, box.top + top];
  }

  #fitted(): View {
    const { plan } = this.#floor;
    return fitView(plan.width, plan.height, this.#layers.root.clientWidth, this.#layers.root.clientHeight);
  }

  #draw(nowMs: number): void {
    if (this.#stopped) return;
    const { store, motion } = this.#floor;
    this.#time(nowMs, motion.moving);
    const places = motion.advance(nowMs, this.#calm.matches || this.#frameMs > SLOW_FRAME_MS);
    const looks = store.version !== this.#version || nowMs - this.#lookedMs > LOOK_AGAIN_MS;
    if (looks) {
      this.#version = store.version;
      this.#lookedMs = nowMs;
      this.#scene.rebuild(store, this.#floor.nowMs * 1000, this.#palette);
      this.#layers.root.dataset["band"] = this.#band(this.#view.scale);
    }
    if (places || looks) {
      this.#scene.follow(motion);
      this.#drawing?.show(this.#scene, looks);
      this.#label();
    }
    this.#halo();
    if (motion.moving) this.draw();
  }

  #band(scale: number): Band {
    const { plan, store } = this.#floor;
    return bandOf(scale, store.tagsPresent / (plan.width * plan.height));
  }

  /** How long frames take, smoothed; only frames of a glide follow one another at once. */
  #time(nowMs: number, moving: boolean): void {
    const gap = nowMs - this.#drawnMs;
    this.#drawnMs = nowMs;
    if (moving && gap < FRAME_GAP_MAX_MS) this.#frameMs += (gap - this.#frameMs) / 10;
    else if (!moving) this.#frameMs += (16 - this.#frameMs) / 200;
  }

  #viewed(view: View): void {
    this.#view = view;
    const { root, svg, marks } = this.#layers;
    const { plan } = this.#floor;
    const box = seen(view);
    const [width, height] = [plan.width * view.scale, plan.height * view.scale];
    svg.setAttribute("viewBox", `${box.left} ${plan.height - box.top} ${box.right - box.left} ${box.top - box.bottom}`);
    marks.style.width = `${width}px`;
    marks.style.height = `${height}px`;
    marks.style.transform = `translate(${view.left}px, ${view.bottom - height}px)`;
    root.dataset["band"] = this.#band(view.scale);
    root.dataset["scale"] = view.scale.toFixed(2);
    this.#label();
    this.#halo();
  }

  /** The ring around the selected tag follows it. */
  #halo(): void {
    const { halo } = this.#layers;
    const { selection, store, motion, placeOf } = this.#floor;
    const slot = selection.kind === "tag" ? store.slot(selection.tagId) : -1;
    const place =
      slot >= 0 && store.drawn(slot)
        ? ([motion.at[2 * slot] ?? 0, motion.at[2 * slot + 1] ?? 0] as const)
        : selection.kind === "tag"
          ? placeOf.call(this.#floor, selection.tagId)
          : null;
    halo.hidden = place === null;
    if (!place) return;
    const [x, y] = toScreen(this.#view, place[0], place[1]);
    halo.style.transform = `translate(${x}px, ${y}px)`;
  }

  #label(): void {
    const { labels, root } = this.#layers;
    const near = this.#band(this.#view.scale) === "near" && this.#drawing !== null;
    const ratio = Math.min(2, devicePixelRatio);
    const [width, height] = [Math.round(root.clientWidth * ratio), Math.round(root.clientHeight * ratio)];
    if (labels.width !== width || labels.height !== height) [labels.width, labels.height] = [width, height];
    const context = labels.getContext("2d");
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, root.clientWidth, root.clientHeight);
    if (!near) return;
    const { api, plan, store, motion, nowMs } = this.#floor;
    write(labels, this.#view, { scene: this.#scene, store, motion, names: this.#names, nowUs: nowMs * 1000 }, this.#ink);
    void this.#names.askFor(api, plan, seen(this.#view), performance.now()).then(
      (learnt) => learnt && this.#label(),
      // Labels are a help, not the data: they come with the next view.
      () => undefined,
    );
  }

  #picked(index: number, at: readonly [number, number]): void {
    const slot = index >= 0 ? this.#scene.slots[index] : undefined;
    if (slot !== undefined) this.#floor.select({ kind: "tag", tagId: this.#floor.store.tagId[slot] ?? 0, epc: "" });
    else this.#floor.selectAt(at);
  }
}
