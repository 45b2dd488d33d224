import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // Not in the volume, which holds what npm put there and nothing else; yet below a directory called
  // node_modules, since the React plugin leaves only such code alone.
  cacheDir: "/tmp/node_modules/.vite",
  clearScreen: false,
  server: {
    host: "0.0.0.0",
    port: 5173,
    strictPort: true,
    // The page is reached through the proxy, on whatever name and port that has.
    allowedHosts: true,
    warmup: { clientFiles: ["./src/main.tsx"] },
  },
});
