/** Light, dark, or as the system has it. */

export type Theme = "system" | "light" | "dark";

const KEY = "movietracker-theme";

class Look {
    theme = $state<Theme>("system");

    constructor() {
        const stored = localStorage.getItem(KEY);
        if (stored === "light" || stored === "dark") this.set(stored);
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
