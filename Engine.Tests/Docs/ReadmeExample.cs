using Engine.Core;
using Engine.Core.Autodiff;

namespace Engine.Tests.Docs;

internal static class ReadmeExample
{
    // What stands between the braces is the README's example, line by line; a test compares them.
    public static void Run()
    {
        using var scope = new TensorScope();
        var rate = Tensor.From(0.1);
        var theta = Tensor.From(1.0, -2.0);
        Tensor Loss(Tensor p) => (p.Square() * p.Tanh()).Sum();

        // One step of gradient descent, and how the loss after it depends on the step size: a derivative through a derivative.
        var gradient = Gradient.Of(Loss(theta), theta);
        var updated = theta - (rate * gradient);
        Console.WriteLine(Gradient.Of(Loss(updated), rate).Item());
    }
}
