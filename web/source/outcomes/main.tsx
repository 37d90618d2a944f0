import "../bar.css";
import "./figures.css";
import "./tables.css";
import "./outcomes.css";

import { createRoot } from "react-dom/client";

import { Shell } from "./shell.tsx";

createRoot(document.getElementById("page")!).render(<Shell />);
