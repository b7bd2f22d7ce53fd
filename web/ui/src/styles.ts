import "@fontsource-variable/inter/wght.css";
import "./mantineStyles";
import "./styles.css";
