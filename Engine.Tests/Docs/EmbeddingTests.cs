using System.Globalization;
using System.Text.RegularExpressions;
using Engine.Core;
using Engine.Core.Optim;
using Engine.RL.Agents;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.Docs;

[Collection(nameof(Console))]
public class EmbeddingTests
{
    private static readonly string s_page = File.ReadAllText(Path.Combine(Pages.Root(), "docs", "embedding.md"));

    [Fact]
    public void TheProgramIsTheOneThatIsCompiledHere()
    {
        string program = Pages.Block(s_page, "csharp");
        string source = File.ReadAllText(Path.Combine(Pages.Root(), "Engine.Tests", "Docs", "EmbeddingExample.cs"));
        Assert.Equal(Pages.Program(source), Pages.Lines(program));
        Assert.True(program.Split('\n').Length < 60);
    }

    [Fact]
    public void TheProgramLearnsAndMovesItsMetaParameters()
    {
        double[][] rows = Numbers(Pages.Printed(EmbeddingExample.Run)), page = Numbers(Pages.Block(s_page, ""));
        Assert.Equal(9, rows.Length);

        // Return, discount and lambda, first and last. Nobody can do better than 1.
        Assert.InRange(rows[0][0], 0.3, 0.7);
        Assert.Equal((0.5, 0.73), (rows[0][1], rows[0][2]));
        Assert.InRange(rows[^1][0], 0.97, 1);
        Assert.InRange(rows[^1][1], 0.8, 0.999);
        Assert.InRange(rows[^1][2], 0.8, 0.999);

        // The page shows about that; processors may round differently.
        Assert.Equal(rows.Length, page.Length);
        foreach (var (row, shown) in rows.Zip(page))
            Assert.All(row.Zip(shown), pair => Assert.Equal(pair.First, pair.Second, 0.05));

        static double[][] Numbers(string text)
            =>
            [
                .. Pages.Lines(text).Select(line => Regex.Matches(line, @"\d+\.\d+")
                    .Select(number => double.Parse(number.Value, CultureInfo.InvariantCulture)).ToArray()),
            ];
    }

    // What the page says of a discount that is not learned.
    [Fact]
    public void WithItsFirstDiscountTheAgentLearnsToTakeTheSmallReward()
    {
        using var scope = new TensorScope();
        var (corridor, network) = (new Corridor(), new MlpActorCritic([5], 2, [16]));
        var inner = new Adam(0.01, EpsilonRoot: 1e-8);
        var (eta, key) = (Tensor.From(0f, 1f).Sigmoid(), Key.Of(7));
        Tensor[] start = [.. network.Initialise(key.Fold(0))];
        using var training = new TensorLoop<(Tensor[] Theta, OptimiserState<Tensor[]> State, Tensor[] Corridor), Key, Tensor>(
            (learner, keys) =>
            {
                var task = new Walk(corridor, network, eta, learner.Corridor, keys);
                var (seen, state) = task.Sample(learner.Theta, task.Start, 0, validation: false);
                var (theta, next, _) = LookAhead.Update(task, inner, learner.Theta, learner.State, seen);
                return ((theta, next, state), seen.Rewards.Sum() / (1 - seen.Live).Sum());
            },
            (start, inner.Initial(start), corridor.Reset(key.Fold(1).Split(64))));
        double last = 0;
        for (int iteration = 0; iteration <= 200; iteration++)
            last = training.Run(key.Fold(2).Fold(iteration).Split(64)).Item();
        Assert.Equal(0.3, last, 0.005);
    }
}
