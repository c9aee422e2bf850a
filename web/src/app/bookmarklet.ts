/** The address of a bookmark that opens the title of the page that one looks at on the screen Add, in a new tab. */

export function bookmarklet(origin: string): string {
    const add = JSON.stringify(`${origin}/add?url=`);
    const address = `${add}+encodeURIComponent(location.href)+"&title="+encodeURIComponent(document.title)`;
    return `javascript:${encodeURIComponent(`void open(${address},"_blank","noopener")`)}`;
}
