import "./cancellation.ts";
import "./workers.ts";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./bar.css";
import "./page.css";
import "./examples.css";
import "./reasons.css";

import { createRoot } from "react-dom/client";

import { Page } from "./page.tsx";

createRoot(document.getElementById("page")!).render(<Page />);
