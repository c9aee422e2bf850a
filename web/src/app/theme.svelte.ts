/** Light, dark, or as the system has it. */

import { stored } from "./stored.svelte";

export type Theme = "system" | "light" | "dark";

const KEY = "movietracker-theme";

class Look {
    theme = $state<Theme>("system");

    constructor() {
        const chosen = stored(KEY);
        if (chosen === "light" || chosen === "dark") this.set(chosen);
    }

    set(theme: Theme): void {
        this.theme = theme;
        if (theme === "system") {
            localStorage.removeItem(KEY);
            delete document.documentElement.dataset.theme;
        } else {
            localStorage.setItem(KEY, theme);
            document.documentElement.dataset.theme = theme;
        }
    }
}

export const look = new Look();
