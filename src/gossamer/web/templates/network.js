"use strict";

/* A network in plain JavaScript, from pixels to probabilities. Feature maps are channel by channel, row by row. */
function openNetwork(described) {
  const [height, width, channels] = described.shape;
  const nodes = described.nodes.map((node) =>
    node.weight ? { ...node, weight: floats(node.weight), bias: floats(node.bias) } : node);

  function floats(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float64Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  }

  /* `pixels`: height * width * channels numbers from 0 to 255, a pixel's channels side by side. */
  function answer(pixels) {
    if (pixels.length !== height * width * channels) {
      throw new RangeError(`${pixels.length} numbers; expected ${height} x ${width} x ${channels}`);
    }
    const range = described.maximum - described.minimum;
    const data = new Float64Array(pixels.length);
    for (let at = 0; at < height * width; at++) {
      for (let channel = 0; channel < channels; channel++) {
        data[channel * height * width + at] = (pixels[at * channels + channel] - described.minimum) / range;
      }
    }
    const values = { image: { height, width, channels, data } };
    for (const node of nodes) {
      const inputs = node.inputs.map((name) => values[name]);
      values[node.name] = { ...node, data: compute[node.op](node, ...inputs) };
    }
    const maps = Object.values(values).filter((value) => value.drawn);
    const logits = Array.from(values[nodes[nodes.length - 1].name].data);
    const highest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp((logit - highest) / described.temperature));
    const sum = powers.reduce((total, power) => total + power, 0);
    return { logits, probabilities: powers.map((power) => power / sum), maps };
  }

  /* Adds to the map `to` of `out` what the kernel, whose weights begin at `taps`, finds in the input's map `from`. */
  function slide(node, input, out, to, from, taps) {
    const { height: rows, width: columns, data } = input, { kernel, stride, weight } = node;
    let at = to * node.height * node.width;
    for (let y = 0; y < node.height; y++) {
      const top = y * stride - (kernel - 1) / 2;
      for (let x = 0; x < node.width; x++, at++) {
        const left = x * stride - (kernel - 1) / 2;
        for (let j = Math.max(0, -top); j < Math.min(kernel, rows - top); j++) {
          const row = (from * rows + top + j) * columns + left;
          for (let i = Math.max(0, -left); i < Math.min(kernel, columns - left); i++) {
            out[at] += data[row + i] * weight[taps + j * kernel + i];
          }
        }
      }
    }
  }

  /* A map per channel, filled with its bias. */
  function biases(node) {
    const area = node.height * node.width, out = new Float64Array(node.channels * area);
    node.bias.forEach((bias, c) => out.fill(bias, c * area, (c + 1) * area));
    return out;
  }

  /* `of` the four numbers of each 2 x 2 window. */
  function pooled(node, input, of) {
    const { width: columns, height: rows, data } = input;
    const out = new Float64Array(node.channels * node.height * node.width);
    for (let at = 0, c = 0; c < node.channels; c++) {
      for (let y = 0; y < node.height; y++) {
        for (let x = 0; x < node.width; x++, at++) {
          const corner = (c * rows + 2 * y) * columns + 2 * x;
          out[at] = of(data[corner], data[corner + 1], data[corner + columns], data[corner + columns + 1]);
        }
      }
    }
    return out;
  }

  /* By op, its function of the node and of the values that it reads. */
  const compute = {
    convolution(node, input) {
      const out = biases(node), area = node.kernel * node.kernel;
      for (let c = 0; c < node.channels; c++) {
        for (let d = 0; d < input.channels; d++) slide(node, input, out, c, d, (c * input.channels + d) * area);
      }
      return out;
    },
    depthwise(node, input) {
      const out = biases(node), area = node.kernel * node.kernel;
      for (let c = 0; c < node.channels; c++) slide(node, input, out, c, c, c * area);
      return out;
    },
    relu(node, input) {
      return input.data.map((value) => Math.max(0, value));
    },
    relu6(node, input) {
      return input.data.map((value) => Math.min(Math.max(0, value), 6));
    },
    hswish(node, input) {
      return input.data.map((value) => value * Math.min(Math.max(0, value + 3), 6) / 6);
    },
    "max-pool"(node, input) {
      return pooled(node, input, Math.max);
    },
    "average-pool"(node, input) {
      return pooled(node, input, (a, b, c, d) => (a + b + c + d) / 4);
    },
    mean(node, input) {
      const area = input.height * input.width;
      return Float64Array.from({ length: input.channels }, (_, c) => {
        let sum = 0;
        for (let at = 0; at < area; at++) sum += input.data[c * area + at];
        return sum / area;
      });
    },
    add(node, first, second) {
      return first.data.map((value, at) => value + second.data[at]);
    },
    dense(node, input) {
      return node.bias.map((bias, row) => {
        let sum = bias;
        for (let at = 0; at < input.data.length; at++) sum += input.data[at] * node.weight[row * input.data.length + at];
        return sum;
      });
    },
  };

  return { height, width, channels, classes: described.classes, answer };
}
