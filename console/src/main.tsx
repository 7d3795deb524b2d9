import "./design/tokens.css";
import "./design/base.css";
import "./parts/table.css";
import "./parts/words.css";
import { createRoot } from "react-dom/client";
import { App } from "./frame/App";
import { startKeyboard } from "./state/keyboard";
import { startPreferences } from "./state/preferences";
import { startSession } from "./state/session";
import { startWaking } from "./state/waking";
import "./design/print.css";

startPreferences();
startKeyboard();
startSession();
startWaking();
const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
