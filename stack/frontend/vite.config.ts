import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // Outside node_modules: that volume holds what npm put there, and nothing else.
  cacheDir: "/tmp/vite",
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
