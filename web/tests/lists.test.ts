/** What stands for a list. */

import { expect, test } from "vitest";
import { iconOf } from "../src/app/lists";

test.each([
    ["star", "★"],
    ["🎃", "🎃"],
    ["no such icon", "☰"],
    ["constructor", "☰"],
])("the icon %s is shown as %s", (icon, shown) => {
    expect(iconOf({ icon })).toBe(shown);
});
