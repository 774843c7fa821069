/** Any number of requests, one drawing a frame. */

export function oncePerFrame(draw: (nowMs: number) => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame((nowMs) => {
      asked = false;
      draw(nowMs);
    });
  };
}
