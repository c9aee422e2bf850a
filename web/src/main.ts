import { mount } from "svelte";
import App from "./App.svelte";
import { appVersion } from "./app/worker.svelte";
import "./app.css";
import "./app/theme.svelte";

mount(App, { target: document.getElementById("app")! });
void appVersion.register();
