"use strict";

(() => {
  const { network: described, background } = JSON.parse(document.getElementById("embedded").textContent);
  const network = openNetwork(described);
  const tool = openTryIt(network, background);
  window.gossamer = network;

  /* The camera: its middle square, as often as the screen is drawn. */
  const button = document.getElementById("try-camera");
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  let stream = null;
  function look() {
    if (stream === null) return;
    if (video.videoWidth) {
      const side = Math.min(video.videoWidth, video.videoHeight);
      tool.take(video, [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2, side, side]);
    }
    setTimeout(look, 100);
  }
  button.hidden = !(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
  button.addEventListener("click", async () => {
    if (stream !== null) {
      stream.getTracks().forEach((track) => track.stop());
      stream = null;
      button.textContent = "Use the camera";
      return;
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      await video.play();
      button.textContent = "Stop the camera";
      look();
    } catch (error) {
      stream = null;
      document.getElementById("try-note").textContent = `The camera cannot be used: ${error.message}`;
    }
  });
})();
