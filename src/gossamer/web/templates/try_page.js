"use strict";

(() => {
  const { network: described, background } = JSON.parse(document.getElementById("embedded").textContent);
  const network = openNetwork(described);
  const tool = openTryIt(network, background);
  window.gossamer = network;

  /* The camera: the largest centred part with the network's aspect ratio, ten times a second. */
  const button = document.getElementById("try-camera");
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  let stream = null;
  function look() {
    if (stream === null) return;
    if (video.videoWidth) {
      const factor = Math.min(video.videoWidth / network.width, video.videoHeight / network.height);
      const [wide, high] = [network.width * factor, network.height * factor];
      tool.take(video, [(video.videoWidth - wide) / 2, (video.videoHeight - high) / 2, wide, high]);
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
