using Engine.RL.Experiments;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public class ReportTests
{
    private const int Seeds = 4;
    private static readonly double[] s_noise = [-1, 1, -0.5, 0.5];
    private static readonly int[] s_iterations = [0, 10, 20, 30];

    [Fact]
    public void ClaimsOfFigure4HoldWhereTheyAreTrue()
    {
        var claims = Claims4(Rows4);
        Assert.Equal("abcd", string.Concat(claims.Select(claim => claim.Letter)));
        Assert.All(claims, claim => Assert.Equal("holds", claim.Verdict));
        Assert.Contains("5 against 1: +0.1500 (", claims[0].Numbers, StringComparison.Ordinal);
        Assert.Contains("10 against 1: -0.1500 (", claims[1].Numbers, StringComparison.Ordinal);
        Assert.Contains("5 against 1: -1.0000 (", claims[2].Numbers, StringComparison.Ordinal);
        Assert.Contains("5 to 10: 0.0000 (", claims[3].Numbers, StringComparison.Ordinal);
        Assert.Contains("5 to 1: 0.1500 (", claims[3].Numbers, StringComparison.Ordinal);
    }

    // Each is false for one method, or drowned by noise, and nothing else changes.
    [Theory]
    [InlineData('a', "5", 0, 0)]
    [InlineData('a', "10", -1, 0)]
    [InlineData('a', "5", 1, 1)]
    [InlineData('b', "5", 0, 0)]
    [InlineData('b', "10", -1, 0)]
    [InlineData('b', "10", 1, 1)]
    [InlineData('c', "5", 0, 0)]
    [InlineData('c', "10", -1, 0)]
    [InlineData('c', "5", 1, 8)]
    [InlineData('d', "10", 0.5, 0)]
    [InlineData('d', "10", 1.5, 0)]
    public void ClaimsOfFigure4FailWhereTheyAreFalse(char letter, string method, double effect, double noise)
    {
        var rows = Rows4((row, quantity) => row.Method == method && quantity == (letter == 'd' ? 'a' : letter) ? (effect, noise) : (1, 0));
        var claim = new DiscountLearningReport(rows).Claims.Single(claim => claim.Letter == letter);
        Assert.Equal("fails", claim.Verdict);
    }

    [Fact]
    public void ClaimsOfASingleSeedAreOpen()
    {
        MetricRow[] rows = [.. Rows4((_, _) => (1, 0)).Where(row => row.Seed == 0)];
        MetricRow[] rows5 = [.. Rows5().Where(row => row.Seed == 0)];
        foreach (var claim in (Claim[])[.. new DiscountLearningReport(rows).Claims, .. new BiasVarianceReport(rows5).Claims])
        {
            Assert.Equal("open", claim.Verdict);
            Assert.EndsWith("; one seed has no standard error", claim.Numbers);
            Assert.DoesNotContain("NaN", claim.Numbers);
        }
    }

    // Without a standard error even what falls where it should rise may be chance.
    [Fact]
    public void ASingleSeedRefutesNothing()
    {
        MetricRow[] rows = [.. Rows5((row, column, old) => row.Method == "5" && column == 0 ? 9 : old).Where(row => row.Seed == 0)];
        Assert.Equal("open", new BiasVarianceReport(rows).Claims.Single(claim => claim.Letter == 'e').Verdict);
    }

    [Fact]
    public void AClaimFailsWhereOneConditionDoesWhateverTheOthers()
    {
        var rows = Rows4((row, _) => row.Method switch { "5" => (0, 0), "10" => (double.NaN, 0), _ => (1, 0) });
        Assert.Equal("fails", new DiscountLearningReport(rows).Claims[0].Verdict);
    }

    [Fact]
    public void ClaimsOfADivergedRunAreOpen()
    {
        var rows = Rows4((row, _) => row.Seed == 1 ? (double.NaN, 0) : (1, 0));
        var rows5 = Rows5((row, _, old) => row.Seed == 1 ? double.NaN : old);
        foreach (var claim in (Claim[])[.. new DiscountLearningReport(rows).Claims, .. new BiasVarianceReport(rows5).Claims])
        {
            Assert.Equal("open", claim.Verdict);
            Assert.EndsWith("; not all numbers are finite", claim.Numbers);
            Assert.DoesNotContain("NaN", claim.Numbers);
        }
    }

    [Theory]
    [InlineData("1")]
    [InlineData("5")]
    [InlineData("10")]
    public void ClaimsOfFigure4NeedTheirMethods(string missing)
    {
        MetricRow[] rows = [.. Rows4((_, _) => (1, 0)).Where(row => row.Method != missing)];
        foreach (var claim in new DiscountLearningReport(rows).Claims)
            Assert.Equal(("open", "needs methods 1, 5 and 10"), (claim.Verdict, claim.Numbers));
    }

    [Fact]
    public void SummaryOfFigure4IsTheEndOfEachMethod()
    {
        var report = new DiscountLearningReport(Rows4((_, _) => (1, 0)));
        Assert.Equal(["1", "5", "10"], report.Methods);
        Assert.Equal(["1", "5", "10"], report.Summary.Select(summary => summary.Method));
        var five = report.Summary[1];
        Assert.Equal(0.5 + 0.3, five.EvenGamma.Mean, 1e-12);
        Assert.Equal(0.5 - 0.3, five.OddGamma.Mean, 1e-12);
        Assert.Equal(0.01, five.ValueMse.Mean, 3e-5);
        Assert.Equal(Math.Sqrt(2.5 / 3) * 0.01, five.EvenGamma.Std, 1e-12);
        var curve = report.Along("5", DiscountLearningReport.EvenGamma);
        Assert.Equal(s_iterations, curve.Iterations);
        Close.All([0.5, 0.6, 0.7, 0.8], curve.Means(), 1e-12);
        Assert.Equal([0.0, 10, 20, 30], curve.X());
        Assert.All(curve.Deviations(), deviation => Assert.Equal(Math.Sqrt(2.5 / 3) * 0.01, deviation, 1e-12));
    }

    [Fact]
    public void MethodsAreComparedSeedBySeed()
    {
        var report = new DiscountLearningReport(Rows4((_, _) => (1, 0)));
        Assert.Equal(4, report.Seeds);
        var (five, one) = (report.Along("5", DiscountLearningReport.EvenGamma), report.Along("1", DiscountLearningReport.EvenGamma));
        var beside = report.Beside("5", "1", DiscountLearningReport.EvenGamma, (a, b) => a - b);
        Close.All([.. five.Means().Zip(one.Means(), (a, b) => a - b)], beside.Means(), 1e-12);

        // What seeds have in common is not in the difference.
        Assert.All(five.Deviations(), deviation => Assert.InRange(deviation, 0.005, 1));
        Assert.All(beside.Deviations(), deviation => Assert.InRange(deviation, 0, 1e-12));
    }

    [Fact]
    public void CurvesOfASingleSeedHaveNoWidth()
    {
        MetricRow[] rows = [.. Rows4((_, _) => (1, 0)).Where(row => row.Seed == 0)];
        var report = new DiscountLearningReport(rows);
        Assert.True(double.IsNaN(report.Summary[0].EvenGamma.Std));
        Assert.Equal([0.0, 0, 0, 0], report.Along("1", DiscountLearningReport.EvenGamma).Deviations());
    }

    [Fact]
    public void ClaimsOfFigure5HoldWhereTheyAreTrue()
    {
        var claims = new BiasVarianceReport(Rows5()).Claims;
        Assert.Equal("efgh", string.Concat(claims.Select(claim => claim.Letter)));
        Assert.All(claims, claim => Assert.Equal("holds", claim.Verdict));
        Assert.Contains("10: 5.00-fold (", claims[2].Numbers, StringComparison.Ordinal);
        Assert.Contains("one step: 8 (", claims[3].Numbers, StringComparison.Ordinal);
    }

    // One statistic of one estimator changes, for all seeds or for one.
    [Theory]
    [InlineData('e', "5", 0, 9.0, -1)]
    [InlineData('e', "10", 0, 8.0, -1)]
    [InlineData('e', "10", 0, 30.0, 2)]
    [InlineData('f', "5", 2, 1.0, -1)]
    [InlineData('f', "10", 2, 1.5, -1)]
    [InlineData('f', "10", 2, -20.0, 2)]
    [InlineData('g', "5-mix", 2, 2.1, -1)]
    [InlineData('g', "10-mix", 2, 5.1, -1)]
    [InlineData('g', "10-mix", 2, 20.0, 2)]
    [InlineData('h', "10-mix", 0, 8.1, -1)]
    [InlineData('h', "5-mix", 0, 14.0, 2)]
    [InlineData('h', "10-mix", 2, 7.0, -1)]
    public void ClaimsOfFigure5FailWhereTheyAreFalse(char letter, string method, int column, double value, int seed)
    {
        var rows = Rows5((row, c, old) => row.Method == method && c == column && (seed < 0 || row.Seed == seed) ? value : old);
        Assert.Equal("fails", new BiasVarianceReport(rows).Claims.Single(claim => claim.Letter == letter).Verdict);
    }

    // A mix of two or three steps is not what is claimed.
    [Fact]
    public void ShortMixesDoNotCount()
    {
        var rows = Rows5((row, column, old) => row.Method == "2-mix" && column <= 2 ? 100 : old);
        Assert.All(new BiasVarianceReport(rows).Claims, claim => Assert.Equal("holds", claim.Verdict));
    }

    [Fact]
    public void ClaimsOfFigure5NeedTheirEstimators()
    {
        MetricRow[] shortOnes = [.. Rows5().Where(row => row.Method is "1" or "2" or "2-mix")];
        Assert.Equal([true, true, null, null], new BiasVarianceReport(shortOnes).Claims.Select(claim => claim.Holds));
        MetricRow[] without = [.. Rows5().Where(row => row.Method != "1")];
        Assert.Equal([true, true, true, null], new BiasVarianceReport(without).Claims.Select(claim => claim.Holds));
        MetricRow[] single = [.. Rows5().Where(row => row.Method == "1")];
        Assert.All(new BiasVarianceReport(single).Claims, claim => Assert.Equal("open", claim.Verdict));
    }

    [Fact]
    public void SummaryOfFigure5AveragesOverTrainingAndSeeds()
    {
        var report = new BiasVarianceReport(Rows5());
        var five = report.Summary.Single(summary => summary.Method == "5");
        Assert.Equal((5, MetaGradientKind.Classic), (five.Steps, five.Kind));
        Assert.Equal(4, five.Bias.Value, 1e-12);
        Assert.Equal(Math.Sqrt(2.5 / 3) * 0.01 / Math.Sqrt(Seeds), five.Bias.Error, 1e-12);
        Assert.Equal(4, five.Std.Value, 1e-12);
        Assert.Equal(0.25, five.Snr.Value, 1e-12);
        Assert.Equal(0.75, five.Cosine.Value, 1e-12);
        var curve = report.Along("5", 0);
        Assert.Equal(s_iterations, curve.Iterations);
        Close.All([2.5, 3.5, 4.5, 5.5], curve.Means(), 1e-12);
    }

    private static IReadOnlyList<Claim> Claims4(Func<Func<MetricRow, char, (double, double)>, MetricRow[]> rows)
        => new DiscountLearningReport(rows((_, _) => (1, 0))).Claims;

    // Discounts part evenly from 0.5, by 0.01 an iteration with 5 or 10 steps and by none with 1; the error falls tenfold on average.
    // An effect multiplies what 5 and 10 steps do better; noise is added to it, a number for each seed.
    private static MetricRow[] Rows4(Func<MetricRow, char, (double Effect, double Noise)> change) =>
    [
        .. from method in (string[])["1", "5", "10"] from iteration in s_iterations from seed in Enumerable.Range(0, Seeds)
        select Row4(new MetricRow(method, seed, iteration, []), change),
    ];

    private static MetricRow Row4(MetricRow row, Func<MetricRow, char, (double Effect, double Noise)> change)
    {
        double gain = row.Method == "1" ? 0 : 0.01 * row.Iteration;
        double even = 0.5 + (0.01 * s_noise[row.Seed]) + Changed('a', gain), odd = 0.5 + (0.01 * s_noise[row.Seed]) - Changed('b', gain);
        double error = 0.1 * Math.Pow(10, (0.001 * s_noise[row.Seed]) - Changed('c', row.Method == "1" ? 0 : 1));
        return row with { Values = [1, error, even, odd, even, odd, even, odd, even, odd, even, odd] };

        double Changed(char quantity, double better)
        {
            var (effect, noise) = change(row, quantity);
            return (effect * better) + (noise * (s_noise[row.Seed] + (s_noise[row.Seed] > 0 ? 0 : -0.5)));
        }
    }

    // Bias 8, 6, 4, 2 and deviation 1, 2, 4, 10 for 1, 2, 5 and 10 steps; mixes have a little more bias and much less deviation.
    private static MetricRow[] Rows5(Func<MetricRow, int, double, double>? change = null)
    {
        (string Method, double Bias, double Std)[] estimators =
            [("1", 8, 1), ("2", 6, 2), ("5", 4, 4), ("10", 2, 10), ("2-mix", 7, 1), ("5-mix", 6, 1.5), ("10-mix", 3, 2)];
        return
        [
            .. from iteration in s_iterations from seed in Enumerable.Range(0, Seeds) from estimator in estimators
            select Row(new MetricRow(estimator.Method, seed, iteration, []), estimator.Bias, estimator.Std),
        ];

        MetricRow Row(MetricRow row, double bias, double std)
        {
            double biasNow = bias + (0.01 * s_noise[row.Seed]) + ((row.Iteration - 15) / 10.0);
            double[] values = [biasNow, 0.1, std, 0.1, 1 / std, 0.1, 0.75, 0.1, bias, 0.1];
            return row with { Values = [.. values.Select((value, column) => change?.Invoke(row, column, value) ?? value)] };
        }
    }
}
