// The pictures follow the master, a click on them seeks, and only one player sounds at a time.
const master = document.getElementById("master");
const stack = document.querySelector(".stack");
const head = document.getElementById("playhead");
const seconds = Number(stack.dataset.duration);
stack.classList.add("seekable");
function follow() {
  head.style.display = "block";
  head.style.left = (100 * master.currentTime) / seconds + "%";
  if (!master.paused) requestAnimationFrame(follow);
}
master.addEventListener("play", follow);
master.addEventListener("seeked", follow);
stack.addEventListener("click", (event) => {
  const lane = event.target.closest(".lane");
  if (!lane) return;
  const box = lane.getBoundingClientRect();
  master.currentTime = (seconds * (event.clientX - box.left)) / box.width;
});
document.addEventListener("play", (event) => {
  for (const player of document.querySelectorAll("audio")) if (player !== event.target) player.pause();
}, true);
