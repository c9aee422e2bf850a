/** What fields of forms tell before anything is queued that the server would refuse. */

import type { Attachment } from "svelte/attachments";

/** Whether a name or a tag has a character that can be seen, as the server wants it. */
export function isSeen(text: string): boolean {
    return /[\p{L}\p{N}\p{P}\p{S}]/u.test(text);
}

/** Has a field say that it needs something that can be seen. */
export function named(message: string): Attachment<HTMLInputElement> {
    return (field) => {
        const check = () => field.setCustomValidity(isSeen(field.value) ? "" : message);
        check();
        field.addEventListener("input", check);
        return () => field.removeEventListener("input", check);
    };
}
