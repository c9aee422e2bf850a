/** Keys that do something: those of the whole page, and those of the screen that is shown. */

export type Keys = Record<string, (event: KeyboardEvent) => void>;

const layers: Keys[] = [];

/** Listen for keys until the returned function is called; the newest listener comes first. For use in `$effect`. */
export function listenForKeys(keys: Keys): () => void {
    layers.push(keys);
    return () => void layers.splice(layers.indexOf(keys), 1);
}

addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key === "Escape" && target instanceof HTMLInputElement && target.type === "search") leave(target);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isForField(event)) return;
    if (document.querySelector("dialog[open]")) return;
    const run = layers.findLast((layer) => event.key in layer)?.[event.key];
    if (!run) return;
    event.preventDefault();
    run(event);
});

/** Clear a search, or if it is clear, leave its field. */
function leave(field: HTMLInputElement): void {
    if (!field.value) return field.blur();
    field.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Whether the key is for the field that has the focus. */
function isForField({ target }: KeyboardEvent): boolean {
    if (!(target instanceof HTMLElement)) return false;
    if (target instanceof HTMLInputElement) return !["checkbox", "radio", "range", "button"].includes(target.type);
    return target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName);
}
