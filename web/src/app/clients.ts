/** Which program has a session, from what it says of itself; rules of thumb, since browsers claim to be each other. */

import { t } from "../i18n/index.svelte";

type Names = readonly (readonly [RegExp, string])[];

/** Each is claimed by those above it. */
const BROWSERS: Names = [
    [/\bEdg(e|A|iOS)?\//, "Edge"],
    [/\b(OPR|Opera)\//, "Opera"],
    [/\bSamsungBrowser\//, "Samsung Internet"],
    [/\b(Firefox|FxiOS)\//, "Firefox"],
    [/(Chrome|CriOS|Chromium)\//, "Chrome"],
    [/\bSafari\//, "Safari"],
];
const SYSTEMS: Names = [
    [/\bWindows\b/, "Windows"],
    [/\bAndroid\b/, "Android"],
    [/\biPhone\b/, "iPhone"],
    [/\biPad\b/, "iPad"],
    [/\bCrOS\b/, "ChromeOS"],
    [/\bMac OS X\b/, "macOS"],
    [/\bLinux\b/, "Linux"],
];

/** A browser and its system, else the name that a program begins with. */
export function clientName(agent: string): string {
    const [browser, system] = [BROWSERS, SYSTEMS].map((names) => names.find(([sign]) => sign.test(agent))?.[1]);
    if (browser && system) return t("account.sessions.client", { browser, system });
    return browser ?? system ?? (agent.split(/[/ ]/)[0] || t("account.sessions.unknown"));
}
