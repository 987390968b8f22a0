using Engine.Core;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.RL;

public class MetaGradientMethodTests
{
    [Theory]
    [InlineData("0", MetaGradientKind.Classic, 0)]
    [InlineData("1", MetaGradientKind.Classic, 1)]
    [InlineData("40", MetaGradientKind.Classic, 40)]
    [InlineData("5-mix", MetaGradientKind.Mixed, 5)]
    [InlineData("trace-3", MetaGradientKind.Trace, 3)]
    [InlineData("trace-3-mix", MetaGradientKind.TraceMixed, 3)]
    [InlineData("reuse-3", MetaGradientKind.Reused, 3)]
    [InlineData("back-7", MetaGradientKind.Back, 7)]
    [InlineData("back-trace-7", MetaGradientKind.BackTrace, 7)]
    [InlineData("bmg-7", MetaGradientKind.Bootstrapped, 7)]
    public void NamesAreParsedAndGivenBack(string name, MetaGradientKind kind, int steps)
    {
        var method = MetaGradientMethod.Parse(name);
        Assert.Equal(new MetaGradientMethod(kind, steps), method);
        Assert.Equal(name, method.Name);
        Assert.Equal(name, method.ToString());
    }

    // A second spelling of a method would count as a second method.
    [Theory]
    [InlineData("")]
    [InlineData("five")]
    [InlineData("5mix")]
    [InlineData("mix-5")]
    [InlineData("5-Mix")]
    [InlineData("-mix")]
    [InlineData("trace-")]
    [InlineData("back-")]
    [InlineData("back5")]
    [InlineData("bmg-")]
    [InlineData("back-trace-")]
    [InlineData("back-5-mix")]
    [InlineData("reuse-5-mix")]
    [InlineData("trace-mix")]
    [InlineData("reuse-")]
    [InlineData("1.5")]
    [InlineData("+5")]
    [InlineData("05")]
    [InlineData(" 5")]
    [InlineData("-0")]
    [InlineData("99999999999")]
    public void OtherNamesAreRefusedWithTheWayToWriteThem(string name)
    {
        string message = Assert.Throws<ArgumentException>(() => MetaGradientMethod.Parse(name)).Message;
        Assert.Contains($"'{name}'", message, StringComparison.Ordinal);
        Assert.Contains("write n steps as 5, a mix as 5-mix,", message, StringComparison.Ordinal);
        Assert.Contains("back-5 and back-trace-5 to look back.", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-1", 0)]
    [InlineData("0-mix", 1)]
    [InlineData("-2-mix", 1)]
    [InlineData("trace-0", 1)]
    [InlineData("trace-0-mix", 1)]
    [InlineData("reuse-0", 1)]
    [InlineData("back-0", 1)]
    [InlineData("back-trace-0", 1)]
    [InlineData("bmg-0", 1)]
    public void TooFewStepsAreRefusedWithTheLeastNumber(string name, int least)
    {
        string message = Assert.Throws<ArgumentException>(() => MetaGradientMethod.Parse(name)).Message;
        Assert.Contains($"'{name}'", message, StringComparison.Ordinal);
        Assert.Contains($"at least {least}", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", "looks no step ahead")]
    [InlineData("2", "needs 2 points, but there are 1")]
    [InlineData("2-mix", "needs 2 points, but there are 1")]
    public void ALoopThatIsTooShortIsAnError(string name, string part)
    {
        using var scope = new TensorScope();
        var loss = Tensor.From(1.0);
        Assert.Contains(part, Assert.Throws<ArgumentException>(() => MetaGradientMethod.Parse(name).Of([loss])).Message);
    }

    [Theory]
    [InlineData("0", MetaGradientKind.Classic, new double[0])]
    [InlineData("3", MetaGradientKind.Classic, new double[] { 0, 0, 1 })]
    [InlineData("trace-3", MetaGradientKind.Trace, new double[] { 0, 0, 1 })]
    [InlineData("3-mix", MetaGradientKind.Classic, new double[] { 4 / 7.0, 2 / 7.0, 1 / 7.0 })]
    [InlineData("1-mix", MetaGradientKind.Classic, new double[] { 1 })]
    [InlineData("trace-3-mix", MetaGradientKind.Trace, new double[] { 4 / 7.0, 2 / 7.0, 1 / 7.0 })]
    [InlineData("reuse-3", MetaGradientKind.Reused, new double[] { 0, 0, 1 })]
    public void AMethodIsALoopAndWeightsOfItsPoints(string name, MetaGradientKind loop, double[] weights)
    {
        var method = MetaGradientMethod.Parse(name);
        Assert.Equal((loop, weights.Length), method.Loop);
        Assert.Equal((false, weights.Length), (method.LooksBack, method.Ahead));
        Close.All(weights, method.Weights(kappa: 0.5), 1e-15);
        Assert.Equal(method.Weights(1 - (1.0 / method.Steps)), method.Weights());
    }

    [Theory]
    [InlineData("back-1", 0)]
    [InlineData("back-4", 0.75)]
    [InlineData("back-trace-4", 0.75)]
    public void OneThatLooksBackHasADecayAndNoInnerLoop(string name, double decay)
    {
        using var scope = new TensorScope();
        var method = MetaGradientMethod.Parse(name);
        Assert.Equal((true, 0, decay), (method.LooksBack, method.Ahead, method.Decay));
        Assert.NotEqual(MetaGradientMethod.Parse("back-2").Loop, method.Loop);
        var points = Enumerable.Repeat(Tensor.From(1.0), method.Steps).ToArray();
        Assert.Contains("no meta-gradient of an inner loop", Assert.Throws<ArgumentException>(() => method.Of(points)).Message);
    }

    [Theory]
    [InlineData("0", 1, 1)]
    [InlineData("1", 2, 2)]
    [InlineData("5-mix", 6, 10)]
    [InlineData("trace-5", 6, 10)]
    [InlineData("bmg-5", 6, 10)]
    [InlineData("reuse-5", 2, 2)]
    [InlineData("back-5", 1, 2)]
    [InlineData("back-trace-5", 1, 2)]
    public void RolloutsOfAnUpdateAreCounted(string name, int rollouts, int withFreshOnes)
    {
        var method = MetaGradientMethod.Parse(name);
        Assert.Equal((rollouts, withFreshOnes), (method.Rollouts(), method.Rollouts(freshValidation: true)));
    }

    // What a point's loss is tells which loop it comes from, and its place there.
    [Fact]
    public void OneLoopServesAllExactMethodsAndAnotherAllTraces()
    {
        using var scope = new TensorScope();
        var unrolled = new List<string>();
        MetaGradientMethod[] methods = [.. ((string[])["trace-2", "1", "4", "trace-3", "2-mix"]).Select(MetaGradientMethod.Parse)];
        var losses = MetaGradientMethod.Losses(methods, Unroll, kappa: 0.5);
        Assert.Equal(["4", "trace-3"], unrolled.Order());
        Assert.Equal([102, 1, 4, 103, (1 + (0.5 * 2)) / 1.5], losses.Select(loss => loss.Item()), (a, b) => Math.Abs(a - b) < 1e-14);

        Tensor[] Unroll(MetaGradientMethod method)
        {
            unrolled.Add(method.Name);
            int start = method.Kind == MetaGradientKind.Trace ? 101 : 1;
            return [.. Enumerable.Range(start, method.Steps).Select(value => Tensor.From([(double)value], []))];
        }
    }
}
