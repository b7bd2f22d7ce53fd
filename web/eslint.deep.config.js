import hooks from "eslint-plugin-react-hooks";
import base from "./eslint.config.js";

/** `npm run lint:deep`: with the rules that compile each component, to be run before a release. */
export default [...base, { plugins: { "react-hooks": hooks }, rules: hooks.configs.flat["recommended-latest"].rules }];
