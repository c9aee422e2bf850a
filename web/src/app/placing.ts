/** Finding the place of a title in a row of titles, the best first, by few comparisons. */

export interface Placing {
    liked: boolean;
    /** The place is from `low` to `high`. */
    low: number;
    high: number;
    /** Places of titles with which the user could not compare it. */
    unsure: readonly number[];
    comparisons: readonly { winner: string; loser: string }[];
}

export function begin(liked: boolean, count: number): Placing {
    return { liked, low: 0, high: count, unsure: [], comparisons: [] };
}

/** The place of the title to compare with next, as near to the middle as can be; null when there is none. */
export function opponent({ low, high, unsure }: Placing): number | null {
    const middle = placeOf({ low, high });
    let nearest: number | null = null;
    for (let at = low; at < high; at++)
        if (!unsure.includes(at) && (nearest === null || Math.abs(at - middle) < Math.abs(nearest - middle)))
            nearest = at;
    return nearest;
}

export function decide(placing: Placing, at: number, isBetter: boolean, title: string, other: string): Placing {
    const [winner, loser] = isBetter ? [title, other] : [other, title];
    return {
        ...placing,
        ...(isBetter ? { high: at } : { low: at + 1 }),
        comparisons: [...placing.comparisons, { winner, loser }],
    };
}

export function cannotSay(placing: Placing, at: number): Placing {
    return { ...placing, unsure: [...placing.unsure, at] };
}

/** Where it comes, as far as is known: behind so many titles. */
export function placeOf({ low, high }: Pick<Placing, "low" | "high">): number {
    return (low + high) >> 1;
}

/** How many answers it takes yet, at most, if all can be given. */
export function questionsLeft({ low, high }: Placing): number {
    return Math.ceil(Math.log2(high - low + 1));
}
