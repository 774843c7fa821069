/** Light, dark, or as the system says. */

const KEY = "tallyport.theme";
export type Theme = "system" | "light" | "dark";
const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };

function stored(): Theme {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : "system";
}

class ThemeState {
  chosen = $state<Theme>(stored());
  /** Grows when the colours have changed, whoever changed them. */
  version = $state(0);

  constructor() {
    this.#show();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.version++);
  }

  next(): void {
    this.chosen = NEXT[this.chosen];
    localStorage.setItem(KEY, this.chosen);
    this.#show();
    this.version++;
  }

  #show(): void {
    document.documentElement.dataset["theme"] = this.chosen;
  }
}

export const theme = new ThemeState();
