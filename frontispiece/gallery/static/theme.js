// Runs before anything is painted, so that a chosen theme does not flash.
"use strict";
try {
  const chosen = localStorage.getItem("frontispiece-theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that forbids storage follows the system.
}
