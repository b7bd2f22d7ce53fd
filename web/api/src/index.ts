export * from "./actions";
export * from "./client";
export * from "./events";
export * from "./reducer";
export * from "./shapes";
export * from "./stream";
