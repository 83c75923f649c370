// A step of a plan: one op, or a chain of ops that one kernel computes, for one image, forward and back. A step keeps no
// state: what it works on is handed to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gossamer {

constexpr int MAX_INPUTS = 2;

// One image's memory for one step.
struct Work {
  const float* packed;          // what pack() made of the parameters
  const float* x[MAX_INPUTS];   // the inputs
  float* y;                     // the output
  std::int32_t* indices;        // argmax indices for the backward pass; null if none follows
  float* scratch;
  // Of the backward pass alone:
  float* dy;                    // the gradient with respect to the output; a norm makes another of it
  float* dx[MAX_INPUTS];        // with respect to the inputs, to be written; null where nobody needs it
  float* totals;                // what backward() adds up over images for finish()
  const float* summand;         // added to dx[0] by those that take one; null if there is none
};

class Step {
 public:
  Step(std::vector<int> inputs, int output) : inputs(std::move(inputs)), output(output) {}
  virtual ~Step() = default;

  virtual std::size_t packed_size() const { return 0; }   // floats
  virtual std::size_t scratch_size() const { return 0; }  // floats
  virtual std::size_t totals_size() const { return 0; }   // floats
  virtual std::size_t indices() const { return 0; }       // argmax indices of one image
  // Whether backward() can add another gradient to that of its first input, and whether it leaves in dy the gradient with
  // respect to its second: then nothing need be copied and added.
  virtual bool takes_summand() const { return false; }
  virtual bool leaves_gradient() const { return false; }
  virtual void pack(const float* /*parameters*/, float* /*packed*/) const {}
  // The parameters and their gradient, which is added to, are those of the whole network.
  virtual void forward(const Work&, const float* parameters) const = 0;
  virtual void backward(const Work&, const float* parameters, float* gradient) const = 0;
  // Adds what the totals of all images make of the gradient.
  virtual void finish(const float* /*totals*/, float* /*gradient*/) const {}

  const std::vector<int> inputs;  // values
  const int output;               // a value
};

}  // namespace gossamer
