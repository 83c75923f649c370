/* Classifies five images, and prints what they are. */
#include "board.h"
#include "model.h"
#include "model_golden.h"

int main(void)
{
    static uint8_t buffer[MODEL_BUFFER];
    int i;
    for (i = 0; i < MODEL_GOLDEN; i++) {
        int32_t logits[MODEL_CLASSES];
        const int label = model_classify(model_golden_images[i], logits, buffer);
        say("image ");
        say_number((uint32_t)i + 1);
        say(": ");
        say(model_classes[label]);
        say("\n");
    }
    const int wrong = model_check(buffer); /* images with other logits than they had when the model was exported */
    say_number((uint32_t)(MODEL_GOLDEN - wrong));
    say(" of ");
    say_number(MODEL_GOLDEN);
    say(" have the logits that they had when the model was exported\n");
    return wrong;
}
