using Engine.Core;
using Engine.Kernels;
using Engine.RL.Environments;
using Xunit;

namespace Engine.Tests.RL;

public sealed class CartPoleTests : IDisposable
{
    private const int Left = CartPole.Left, Right = CartPole.Right;
    private const double Tolerance = 1e-5;

    private readonly TensorScope _scope = new();

    // The first step of CartPole-v1 after reset(seed=42), as the documentation of Gymnasium's wrappers prints it.
    [Theory]
    [InlineData(Left, new[] { 0.02727336, -0.20172954, 0.03625453, 0.32351476 })]
    [InlineData(Right, new[] { 0.02727336, 0.18847767, 0.03625453, -0.26141977 })]
    public void AStepIsTheOneThatGymnasiumPrints(int action, double[] expected)
    {
        var moved = Step(new CartPole(), [0.0273956f, -0.00611216f, 0.03585979f, 0.0197368f], action);
        Assert.All(expected.Zip(moved.State.Motion.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 2e-8));
        Assert.Equal((1, 0, 0), Outcome(moved));
    }

    [Fact]
    public void StepsFromAnywhereAreThoseOfPlainMechanics()
    {
        const int Games = 20_000;
        var random = new Random(3);
        float[][] motions = [.. Enumerable.Range(0, Games).Select(_ => (float[])[Draw(2.6), Draw(4), Draw(0.25), Draw(4)])];
        int[] actions = [.. motions.Select(_ => random.Next(2))];
        var moved = new CartPole().StepAll(
            new(Tensor.From([.. motions.SelectMany(each => each)], [Games, 4]), Tensor.Zeros([Games], ElementType.Int32)),
            Tensor.From(actions),
            Key.Of(0).Split(Games));
        double[][] found = [.. moved.FinalObservation.ToDoubles().Chunk(4)];
        double[] rewards = moved.Reward.ToDoubles(), terminated = moved.Terminated.ToDoubles();
        for (int i = 0; i < Games; i++)
        {
            double[] expected = Plain.Step([.. motions[i].Select(value => (double)value)], actions[i]);

            // A few roundings of numbers as large as these.
            for (int part = 0; part < 4; part++)
                Assert.Equal(expected[part], found[i][part], 4e-7 * (1 + Math.Abs(expected[part])));
            Assert.Equal(1, rewards[i]);
            if (!Plain.IsAtLimit(expected))
                Assert.Equal(Plain.HasFallen(expected) ? 1 : 0, terminated[i]);
        }

        Assert.InRange(terminated.Sum(), Games / 5, Games * 4 / 5);

        float Draw(double limit) => (float)(((2 * random.NextDouble()) - 1) * limit);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(25)]
    public void EpisodesAreThoseOfPlainMechanics(int stepLimit)
    {
        const int Games = 100, Steps = 150;
        var game = new CartPole(stepLimit);
        var random = new Random(4);
        var keys = Key.Of(7).Split(Games);
        var state = game.ResetAll(keys.Fold(0));
        double[][] plain = Motions(state);
        int[] lengths = new int[Games];
        int fallen = 0, cut = 0;
        for (int step = 1; step <= Steps; step++)
        {
            // Mostly towards where the pole falls, which keeps it up for a while.
            int[] actions = [.. plain.Select(each => random.Next(5) < 3 ? random.Next(2) : each[2] + (0.5 * each[3]) > 0 ? Right : Left)];
            var moved = game.StepAll(state, Tensor.From(actions), keys.Fold(step));
            double[][] final = [.. moved.FinalObservation.ToDoubles().Chunk(4)], next = Motions(moved.State);
            double[] terminated = moved.Terminated.ToDoubles(), truncated = moved.Truncated.ToDoubles();
            for (int i = 0; i < Games; i++)
            {
                lengths[i]++;
                plain[i] = Plain.Step(plain[i], actions[i]);
                for (int part = 0; part < 4; part++)
                    Assert.Equal(plain[i][part], final[i][part], Tolerance);
                if (!Plain.IsAtLimit(plain[i]))
                    Assert.Equal(Plain.HasFallen(plain[i]) ? 1 : 0, terminated[i]);
                Assert.Equal(lengths[i] == stepLimit ? 1 : 0, truncated[i]);
                fallen += (int)terminated[i];
                cut += (int)truncated[i];
                if (terminated[i] + truncated[i] > 0)
                {
                    lengths[i] = 0;
                    plain[i] = next[i];
                    Assert.All(plain[i], value => Assert.InRange(value, -0.05, 0.05));
                }
                else if (lengths[i] % 20 == 0)
                {
                    // A pole that is upright is unstable: what is rounded doubles every ninth step.
                    plain[i] = next[i];
                }
            }

            state = moved.State;
        }

        Assert.True(fallen > 20 && (cut > 20 || stepLimit > Steps), $"{fallen} fell, {cut} were cut off");

        static double[][] Motions(CartPole.State states) => [.. states.Motion.ToDoubles().Chunk(4)];
    }

    // Positions move with the velocity before the step, 0.02 s of it; 12 degrees are 0.20944.
    [Theory]
    [InlineData(2.39f, 0.6f, 0, 0, 1)]
    [InlineData(2.39f, 0.4f, 0, 0, 0)]
    [InlineData(2.41f, -0.6f, 0, 0, 0)]
    [InlineData(-2.39f, -0.6f, 0, 0, 1)]
    [InlineData(-2.39f, -0.4f, 0, 0, 0)]
    [InlineData(0, 0, 0.2f, 0.5f, 1)]
    [InlineData(0, 0, 0.2f, 0.45f, 0)]
    [InlineData(0, 0, 0.21f, -0.5f, 0)]
    [InlineData(0, 0, -0.2f, -0.5f, 1)]
    [InlineData(0, 0, -0.2f, -0.45f, 0)]
    [InlineData(-2.5f, 0, 0.3f, 0, 1)]
    public void AnEpisodeTerminatesBeyondTheTrackAndTwelveDegrees(float x, float speed, float angle, float turn, int terminated)
    {
        foreach (int action in (int[])[Left, Right])
        {
            Assert.Equal((1, terminated, 0), Outcome(Step(new CartPole(), [x, speed, angle, turn], action, steps: 498)));
            Assert.Equal((1, terminated, 1), Outcome(Step(new CartPole(), [x, speed, angle, turn], action, steps: 499)));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void AnEpisodeIsTruncatedAtItsStepLimit(int stepLimit)
    {
        var game = new CartPole(stepLimit);
        Assert.Equal(stepLimit, game.StepLimit);
        var state = game.Reset(Key.Of(1));
        for (int step = 1; step <= 3 * stepLimit; step++)
        {
            var (moved, next, _) = game.StepAndReset(state, Tensor.Scalar(step % 2, ElementType.Int32), Key.Of(1).Fold(step));
            Assert.Equal((1, 0, step % stepLimit == 0 ? 1 : 0), Outcome(moved));
            state = next;
        }
    }

    [Theory]
    [InlineData(int.MinValue, Left)]
    [InlineData(-1, Left)]
    [InlineData(2, Right)]
    [InlineData(int.MaxValue, Right)]
    public void OtherActionsPushAsTheNearestOneDoes(int action, int nearest)
    {
        float[] motion = [0.1f, -0.2f, 0.05f, 0.3f];
        Assert.Equal(
            Step(new CartPole(), motion, nearest).State.Motion.ToDoubles(), Step(new CartPole(), motion, action).State.Motion.ToDoubles());
    }

    [Fact]
    public void StartsAreUniformInASmallRange()
    {
        const int Games = 20_000, Bins = 20;
        var game = new CartPole(stepLimit: 1);
        var keys = Key.Of(5).Split(Games);
        var first = game.ResetAll(keys);
        var second = game.StepAll(first, Tensor.Zeros([Games], ElementType.Int32), keys).State;
        double[][] starts = [.. Tensor.Concatenate(1, first.Motion, second.Motion).ToDoubles().Chunk(8)];
        for (int part = 0; part < 8; part++)
        {
            double[] values = [.. starts.Select(start => start[part])];
            Assert.All(values, value => Assert.InRange(value, -0.05, 0.05));

            // Chi-square with 19 degrees of freedom exceeds 50.8 once in ten thousand.
            double expected = (double)Games / Bins;
            var counts = values.CountBy(value => Math.Min(Bins - 1, (int)((value + 0.05) * 10 * Bins))).ToDictionary();
            Assert.InRange(Enumerable.Range(0, Bins).Sum(bin => Math.Pow(counts.GetValueOrDefault(bin) - expected, 2) / expected), 0, 50.8);

            // None follows from another, be it of the episode before: correlations have a deviation of 1 / sqrt(games).
            for (int other = 0; other < part; other++)
                Assert.InRange(starts.Average(start => start[part] * start[other] * 1200), -4.5 / Math.Sqrt(Games), 4.5 / Math.Sqrt(Games));
        }
    }

    [Fact]
    public void AnAgentSeesPositionsAndVelocities()
    {
        var game = new CartPole();
        Assert.Equal([4], game.ObservationShape);
        Assert.Equal(2, game.ActionCount);
        Assert.Equal(500, game.StepLimit);
        Assert.Equal([1, 2, 3, 4], game.Observe(State([1, 2, 3, 4])).ToDoubles());
    }

    [Fact]
    public void AStepLimitBelowOneIsAnError()
        => Assert.Throws<ArgumentOutOfRangeException>(() => new CartPole(stepLimit: 0));

    public void Dispose() => _scope.Dispose();

    private static CartPole.State State(float[] motion, int steps = 0) => new(Tensor.From(motion), Tensor.Scalar(steps, ElementType.Int32));

    private static EnvironmentStep<CartPole.State> Step(CartPole game, float[] motion, int action, int steps = 0)
        => game.Step(State(motion, steps), Tensor.Scalar(action, ElementType.Int32), Key.Of(0));

    private static (double Reward, double Terminated, double Truncated) Outcome(EnvironmentStep<CartPole.State> moved)
        => (moved.Reward.Item(), moved.Terminated.Item(), moved.Truncated.Item());

    // Equations of motion solved for both accelerations at once, and no words shared with the environment:
    //   (M + m) x" + m l cos(a) a" = F + m l sin(a) a'^2
    //   m l cos(a) x" + (4/3) m l^2 a" = m g l sin(a)
    private static class Plain
    {
        private const double Cart = 1, Pole = 0.1, Length = 0.5, Gravity = 9.8, Push = 10, Interval = 1 / 50.0;
        private const double Track = 2.4, Lean = Math.PI / 15;

        public static double[] Step(double[] motion, int action)
        {
            double sin = Math.Sin(motion[2]), cos = Math.Cos(motion[2]), force = action == Left ? -Push : Push;
            double a = Cart + Pole, b = Pole * Length * cos, c = Pole * Length * Length * 4 / 3;
            double right = force + (Pole * Length * sin * motion[3] * motion[3]), below = Pole * Gravity * Length * sin;
            double determinant = (a * c) - (b * b);
            double[] change =
                [motion[1], ((right * c) - (b * below)) / determinant, motion[3], ((a * below) - (b * right)) / determinant];
            return [.. motion.Zip(change, (value, rate) => value + (Interval * rate))];
        }

        public static bool HasFallen(double[] motion) => Math.Abs(motion[0]) > Track || Math.Abs(motion[2]) > Lean;

        // Where rounding decides.
        public static bool IsAtLimit(double[] motion)
            => Math.Abs(Math.Abs(motion[0]) - Track) < Tolerance || Math.Abs(Math.Abs(motion[2]) - Lean) < Tolerance;
    }
}
