/** Sending what takes its time, such as the files of an export: `fetch` does not tell how far it is. */

import type { components } from "../api/schema";
import { LoggedOut, Refused, Unreachable } from "../sync/requests";
import { session } from "./session.svelte";

type Problem = components["schemas"]["Error"];

/**
 * The server's answer to a form; `onpart` hears which part of it is sent, from 0 to 1. Throws Refused, Unreachable and
 * LoggedOut, and once `signal` is aborted its reason.
 */
export async function send<T>(
    path: string,
    body: FormData,
    onpart: (part: number) => void,
    signal: AbortSignal,
): Promise<T> {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    for (const [name, value] of Object.entries(await session.headers())) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onpart(loaded / total);
    signal.addEventListener("abort", () => request.abort());
    await new Promise((resolve) => {
        request.onloadend = resolve;
        request.send(body);
    });
    signal.throwIfAborted();
    const told = answerOf(request);
    if (request.status === 401) {
        void session.sync(); // it finds out whether the token has died
        throw new LoggedOut(told.detail);
    }
    if (request.status >= 400)
        throw new Refused(request.status, told.detail_code ?? told.code, told.detail, {}, told.detail_values);
    return told as T;
}

/** Anything but JSON is no answer of the server. */
function answerOf({ responseText }: XMLHttpRequest): Problem {
    try {
        return JSON.parse(responseText) as Problem;
    } catch {
        throw new Unreachable("no answer");
    }
}
