/** Where links that work once lead; what they are used with stands behind the #. */
const PAGES = ["/welcome", "/new-password", "/confirm"];

export function isArrival(): boolean {
  return PAGES.includes(window.location.pathname) && window.location.hash.length > 1;
}
