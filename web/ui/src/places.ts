/** Class names that pages give to what they put into tables and lists. */
export { default as listCss } from "./list.module.css";
export { default as tableCss } from "./table/DataTable.module.css";
