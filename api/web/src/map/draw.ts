/** The tags on the GPU, and the pan and zoom of the map. Its own chunk: only the map needs deck.gl. */

import { Deck, LinearInterpolator, OrthographicView, type OrthographicViewState } from "@deck.gl/core";
import { ScatterplotLayer } from "@deck.gl/layers";
import type { Point } from "../live/spread";
import type { Scene } from "./scene";
import { type Band, dotRadius, fitScale, fitView, SCALE_MAX, type View } from "./view";

export interface Drawing {
  /** Hand the scene to the GPU; `looks` when more than places changed. */
  show(scene: Scene, looks: boolean): void;
  fly(at: Point, scale: number): void;
  zoomBy(steps: number): void;
  fit(): void;
  stop(): void;
}

export interface Canvas {
  readonly parent: HTMLDivElement;
  readonly width: number;
  readonly height: number;
  readonly calm: () => boolean;
  readonly band: (scale: number) => Band;
  readonly viewed: (view: View) => void;
  /** A click: index into the scene or -1, and the place on the plan. */
  readonly picked: (index: number, at: Point) => void;
}

const FLY_MS = 650;
const PICK_PX = 6;
const PIXEL_RATIO_MAX = 2;

const interpolator = new LinearInterpolator({ transitionProps: ["target", "zoom"] });

export function open(canvas: Canvas): Drawing {
  const { parent } = canvas;
  const fitZoom = (): number =>
    Math.log2(fitScale(canvas.width, canvas.height, parent.clientWidth, parent.clientHeight));
  const middle = (): [number, number, number] => {
    const { scale, bottom } = fitView(canvas.width, canvas.height, parent.clientWidth, parent.clientHeight);
    return [canvas.width / 2, (bottom - parent.clientHeight / 2) / scale, 0];
  };
  const state = (target: [number, number, number], zoom: number): OrthographicViewState => ({
    target,
    zoom,
    minZoom: Math.min(fitZoom(), zoom) - 0.7,
    maxZoom: Math.log2(SCALE_MAX),
  });
  let view: View | null = null;
  let shown: Scene | null = null;
  let fitted = true;

  const deck = new Deck({
    parent,
    views: new OrthographicView({ id: "floor", flipY: false }),
    controller: { scrollZoom: { smooth: false, speed: 0.008 }, inertia: 250, dragRotate: false, keyboard: true },
    initialViewState: state(middle(), fitZoom()),
    useDevicePixels: Math.min(PIXEL_RATIO_MAX, devicePixelRatio),
    pickingRadius: PICK_PX,
    layers: [],
    getCursor: ({ isDragging, isHovering }) => (isDragging ? "grabbing" : isHovering ? "pointer" : "grab"),
    onInteractionStateChange: (interaction) => {
      if (interaction.isDragging || interaction.isZooming) fitted = false;
    },
    onResize: () => {
      if (fitted) go(middle(), fitZoom(), 0);
    },
    onClick: ({ index, coordinate }) => {
      if (coordinate) canvas.picked(index, [coordinate[0] ?? 0, coordinate[1] ?? 0]);
    },
    // The plan under the canvas moves in the very frame in which the tags do.
    onAfterRender: follow,
  });

  function follow(): void {
    const port = deck.isInitialized ? deck.getViewports()[0] : undefined;
    if (!port) return;
    const [left = 0, bottom = 0] = port.project([0, 0]);
    const next = { scale: port.scale, left, bottom, width: port.width, height: port.height };
    const same = view && next.scale === view.scale && next.left === view.left && next.bottom === view.bottom;
    if (same && next.width === view?.width && next.height === view.height) return;
    const rescaled = next.scale !== view?.scale;
    view = next;
    canvas.viewed(next);
    if (rescaled && shown) put(shown);
  }

  function go(target: [number, number, number], zoom: number, ms: number): void {
    const still = canvas.calm() || ms === 0;
    const transition = still ? {} : { transitionDuration: ms, transitionInterpolator: interpolator };
    deck.setProps({ initialViewState: { ...state(target, zoom), ...transition } });
  }

  let data = buffers(null);
  function buffers(scene: Scene | null) {
    const attributes = {
      getPosition: { value: scene?.position ?? new Float32Array(0), size: 2 },
      getFillColor: { value: scene?.fill ?? new Uint8ClampedArray(0), size: 4 },
      getLineColor: { value: scene?.line ?? new Uint8ClampedArray(0), size: 4 },
      getRadius: { value: scene?.radius ?? new Float32Array(0), size: 1 },
      getLineWidth: { value: scene?.width ?? new Float32Array(0), size: 1 },
    };
    return { length: scene?.n ?? 0, attributes };
  }

  function put(scene: Scene): void {
    const scale = view?.scale ?? 2 ** fitZoom();
    const layer = new ScatterplotLayer({
      id: "tags",
      data,
      visible: canvas.band(scale) !== "far",
      pickable: true,
      radiusUnits: "pixels",
      radiusScale: dotRadius(scale),
      lineWidthUnits: "pixels",
      lineWidthScale: scale > 40 ? 2 : 1.25,
      stroked: true,
      filled: true,
      antialiasing: true,
    });
    shown = scene;
    deck.setProps({ layers: [layer] });
  }

  return {
    show(scene, looks) {
      const next = buffers(scene);
      // An unchanged descriptor is not uploaded again.
      data = looks ? next : { ...next, attributes: { ...data.attributes, getPosition: next.attributes.getPosition } };
      put(scene);
    },
    fly(at, scale) {
      fitted = false;
      go([at[0], at[1], 0], Math.log2(scale), FLY_MS);
    },
    zoomBy(steps) {
      if (!view) return;
      fitted = false;
      const x = (view.width / 2 - view.left) / view.scale;
      const y = (view.bottom - view.height / 2) / view.scale;
      const zoom = Math.log2(view.scale) + steps;
      go([x, y, 0], Math.max(fitZoom() - 0.7, Math.min(Math.log2(SCALE_MAX), zoom)), 200);
    },
    fit() {
      fitted = true;
      go(middle(), fitZoom(), FLY_MS);
    },
    stop: () => deck.finalize(),
  };
}
