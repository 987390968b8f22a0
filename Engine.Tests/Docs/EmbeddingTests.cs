using System.Globalization;
using System.Text.RegularExpressions;
using Engine.RL.Training;
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
        Assert.Equal((0.5, 0.7), (rows[0][1], rows[0][2]));
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

    // What the page says of a discount that is not learned: method 0 with the program's settings.
    [Fact]
    public void WithItsFirstDiscountTheAgentLearnsToTakeTheSmallReward()
    {
        Assert.Contains("With `\"0\"` in place of `\"3-mix\"`", s_page);
        var settings = new LearningSettings
        {
            Envs = 64,
            Rollout = 10,
            Gamma = 0.5,
            Lambda = 0.7,
            Entropy = 1e-3,
            LearningRate = 0.01,
            Anneal = false,
        };
        using var trainer = Trainer.Of(new Corridor(), settings, "0", seed: 7, network: Walker.Initial);
        double last = 0;
        for (int update = 0; update <= 200; update++)
        {
            var measured = trainer.Step()[0];
            last = measured.ReturnSum[0] / measured.Episodes[0];
        }

        Assert.Equal(0.3, last, 0.01);
    }
}
