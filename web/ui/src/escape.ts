/** For what has the focus while a calendar is open: Escape closes that, and the dialog beneath it stays. */
export const OWN_ESCAPE = { "data-mantine-stop-propagation": true };
