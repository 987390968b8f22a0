using Engine.Core;
using Engine.Kernels;
using Engine.RL.Environments;
using Xunit;

namespace Engine.Tests.RL;

/// <summary>What holds for every environment.</summary>
public sealed class EnvironmentContractTests : IDisposable
{
    private const int StepLimit = 12;

    private readonly TensorScope _scope = new();

    public static TheoryData<string> Names => [.. EnvironmentKind.All.Select(kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void ManyGamesAreEachGameAlone(string name)
    {
        const int Games = 11, Steps = 40;
        var environment = Small(name);
        var keys = Keys(Games);
        var states = environment.ResetAll(keys.Fold(0));
        object[] alone = [.. Enumerable.Range(0, Games).Select(i => environment.Reset(keys[i].Fold(0)))];
        for (int step = 1; step <= Steps; step++)
        {
            int[] actions = Actions(environment, Games, step);
            var moments = Batch.Map(Move(environment), (State: states, Action: Tensor.From(actions), Key: keys.Fold(step)));
            for (int i = 0; i < Games; i++)
            {
                var moment = Move(environment)((alone[i], Scalar(actions[i]), keys[i].Fold(step)));
                Assert.Equal(Bits(Tree.Map(moments, x => x[i])), Bits(moment));
                alone[i] = moment.Next;
            }

            states = moments.Next;
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void MapsOfMapsAreOneMap(string name)
    {
        const int Outer = 2, Inner = 3, Steps = 15;
        var environment = Small(name);
        var keys = Keys(Outer * Inner);
        var flat = environment.ResetAll(keys.Fold(0));
        var nested = Batch.Map(environment.ResetAll, keys.Fold(0).Reshape(Outer, Inner));
        for (int step = 1; step <= Steps; step++)
        {
            var actions = Tensor.From(Actions(environment, Outer * Inner, step));
            var key = keys.Fold(step);
            var ofFlat = Batch.Map(Move(environment), (flat, actions, key));
            var ofNested = Batch.Map(
                games => Batch.Map(Move(environment), games), (nested, actions.Reshape(Outer, Inner), key.Reshape(Outer, Inner)));
            Assert.All(Tree.Leaves(ofNested), x => Assert.Equal((Outer, Inner), (x.Shape[0], x.Shape[1])));
            Assert.Equal(Bits(ofFlat), Bits(ofNested));
            (flat, nested) = (ofFlat.Next, ofNested.Next);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ARecordedStepIsAnEagerOne(string name)
    {
        const int Games = 20;
        var environment = Small(name);
        using var program = new TensorProgram<(object State, Tensor Action, Key Key), Moment>(
            x => Batch.Map(Move(environment), (x.State, x.Action, x.Key.Fold(7))));
        var states = environment.ResetAll(Keys(Games));
        for (int run = 0; run < 25; run++)
        {
            // Keys and actions are inputs, so that replays draw fresh numbers.
            var keys = Keys(Games, run);
            var actions = Tensor.From(Actions(environment, Games, run));
            var eager = Batch.Map(Move(environment), (states, actions, keys.Fold(7)));
            var replayed = program.Run((states, actions, keys));
            Assert.Equal(Bits(eager), Bits(replayed));
            states = replayed.Next;
        }

        Assert.True(program.CommandCount > 0, "nothing was replayed");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void GoingOnFromAKeptStateRepeatsTheGame(string name)
    {
        const int Games = 20;
        var environment = Small(name);
        var keys = Keys(Games);
        object kept = Play(environment.ResetAll(keys.Fold(0)), 1, 11)[^1].Next;
        long[] before = Bits(kept);
        long[][] first = [.. Play(kept, 12, 20).Select(Bits)], second = [.. Play(kept, 12, 20).Select(Bits)];
        Assert.Equal(first, second);
        Assert.Equal(before, Bits(kept));

        Moment[] Play(object states, int from, int steps)
        {
            var moments = new Moment[steps];
            for (int i = 0; i < steps; i++)
            {
                var actions = Tensor.From(Actions(environment, Games, from + i));
                moments[i] = Batch.Map(Move(environment), (states, actions, keys.Fold(from + i)));
                states = moments[i].Next;
            }

            return moments;
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void OtherKeysGiveOtherStarts(string name)
    {
        const int Games = 300;
        var environment = Short(name);
        var states = environment.ResetAll(Keys(Games));
        double[][][] starts =
        [
            First(Keys(Games).Fold(1)),
            First(Keys(Games).Fold(2)),
            First(Keys(Games, seed: 1).Fold(1)),
            Next(Keys(Games).Fold(1)),
            Next(Keys(Games).Fold(2)),
            Next(Keys(Games, seed: 1).Fold(1)),
        ];
        for (int i = 0; i < starts.Length; i++)
        {
            // Catch has the fewest starts, five: 60 games begin alike by chance, with a deviation of 7. Within one batch it is the same.
            for (int j = 0; j < i; j++)
                Assert.InRange(starts[i].Zip(starts[j]).Count(pair => pair.First.SequenceEqual(pair.Second)), 0, 100);
            Assert.InRange(starts[i].Zip(starts[i].Skip(1)).Count(pair => pair.First.SequenceEqual(pair.Second)), 0, 100);
        }

        Assert.Equal(First(Keys(Games).Fold(1)), starts[0]);
        Assert.Equal(Next(Keys(Games).Fold(1)), starts[3]);

        double[][] First(Key keys) => Each(environment.ObserveAll(environment.ResetAll(keys)));

        double[][] Next(Key keys)
        {
            var moment = Batch.Map(Move(environment), (states, Tensor.Zeros([Games], ElementType.Int32), keys));
            Assert.All(Ended(moment.Step), Assert.True);
            return Each(moment.Seen);
        }

        static double[][] Each(Tensor observations) => [.. observations.ToDoubles().Chunk(observations.Count / Games)];
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void WhatIsSeenAndPaidHasTheDeclaredShapeAndType(string name)
    {
        IEnvironment<object>[] sizes = [EnvironmentKind.Named(name).Of(), Small(name)];
        foreach (var environment in sizes)
        {
            var key = Key.Of(2);
            object state = environment.Reset(key.Fold(0));
            for (int step = 1; step <= 2 * StepLimit; step++)
            {
                RequireObservation(environment.Observe(state));
                var (moved, next, seen) = environment.StepAndReset(state, Scalar(step % environment.ActionCount), key.Fold(step));
                RequireObservation(environment.Observe(moved.State));
                Assert.Equal(Bits(environment.Observe(next)), Bits(seen));
                Assert.All((Tensor[])[moved.Reward, moved.Terminated, moved.Truncated], number => Assert.Equal([], number.Shape));
                Assert.All((double[])[moved.Terminated.Item(), moved.Truncated.Item()], ends => Assert.True(ends is 0 or 1));

                // A loop carries the state from step to step.
                Assert.Equal(Kinds(state), Kinds(moved.State));
                Assert.Equal(Kinds(state), Kinds(next));
                state = next;
            }

            void RequireObservation(Tensor seen)
                => Assert.Equal((ElementType.Float32, environment.ObservationShape), (seen.Type, seen.Shape));
        }

        static IEnumerable<(string Name, ElementType Type, Shape Shape)> Kinds(object state)
            => Tree.Names(state).Zip(Tree.Leaves(state), (name, x) => (name, x.Type, x.Shape));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void WhereAnEpisodeEndsItsLastStateIsGivenAndAFreshOneToGoOnFrom(string name)
    {
        const int Games = 24, Steps = 60;
        var kind = EnvironmentKind.Named(name);
        var environment = Small(name);
        var keys = Keys(Games);
        object states = environment.ResetAll(keys.Fold(0));
        int[] lengths = new int[Games];
        int terminated = 0, truncated = 0;
        for (int step = 1; step <= Steps; step++)
        {
            var before = (State: states, Action: Tensor.From(Actions(environment, Games, step)), Key: keys.Fold(step));
            var moment = Batch.Map(Move(environment), before);
            var stepped = Batch.Map(x => environment.Step(x.State, x.Action, x.Key), before);
            Assert.Equal(Bits(stepped), Bits(moment.Step));
            Assert.Equal(Bits(environment.ObserveAll(stepped.State)), Bits(moment.Final));
            bool[] ended = Ended(stepped);
            for (int i = 0; i < Games; i++)
            {
                lengths[i]++;
                Assert.Equal(!ended[i], Bits(At(moment.Next, i)).SequenceEqual(Bits(At(stepped.State, i))));

                // The new episode has all of its steps before it.
                bool isCut = stepped.Truncated[i].Item() != 0, isOver = stepped.Terminated[i].Item() != 0;
                Assert.True(!isCut || lengths[i] == StepLimit, $"cut off after {lengths[i]} steps");
                Assert.True(kind.StepLimit is null || lengths[i] < StepLimit || ended[i], $"{lengths[i]} steps and no end");
                (terminated, truncated) = (terminated + (isOver ? 1 : 0), truncated + (isCut ? 1 : 0));
                lengths[i] = ended[i] ? 0 : lengths[i];
            }

            states = moment.Next;
        }

        Assert.True(
            terminated >= 10 && (kind.StepLimit is null ? truncated == 0 : truncated >= 3),
            $"{terminated} came to an end, {truncated} were cut off");

        static object At(object states, int game) => Tree.Map(states, x => x[game]);
    }

    [Fact]
    public void AnEnvironmentOfAnyKindOfStateIsTheEnvironmentItself()
    {
        RequireSame(new Snake(5, 5, StepLimit));
        RequireSame(new Catch(5, 5));
        RequireSame(new CartPole(StepLimit));
        RequireSame(new Maze(5, 5, StepLimit));

        var any = AnyEnvironment.Of(new Maze());
        Assert.Same(any, AnyEnvironment.Of(any));

        static void RequireSame<TState>(IEnvironment<TState> environment)
            where TState : notnull
        {
            var any = AnyEnvironment.Of(environment);
            Assert.Equal(environment.ObservationShape, any.ObservationShape);
            Assert.Equal(environment.ActionCount, any.ActionCount);
            var key = Key.Of(8);
            var state = environment.Reset(key);
            object same = any.Reset(key);
            int ended = 0;
            for (int step = 1; step <= 3 * StepLimit; step++)
            {
                Assert.IsType<TState>(same);
                Assert.Equal(Bits(state), Bits(same));
                Assert.Equal(Bits(environment.Observe(state)), Bits(any.Observe(same)));
                var action = Scalar(step % environment.ActionCount);
                var (expected, next, seen) = environment.StepAndReset(state, action, key.Fold(step));
                var (found, nextSame, sameSeen) = any.StepAndReset(same, action, key.Fold(step));
                Assert.Equal(Bits(expected), Bits(found));
                Assert.Equal(Bits(seen), Bits(sameSeen));
                ended += expected.Terminated.Item() + expected.Truncated.Item() > 0 ? 1 : 0;
                (state, same) = (next, nextSame);
            }

            Assert.True(ended > 1, $"{ended} episodes ended");
        }
    }

    public void Dispose() => _scope.Dispose();

    // Small enough for episodes to end in every way.
    private static IEnvironment<object> Small(string name)
    {
        var kind = EnvironmentKind.Named(name);
        return kind.Of(kind.Grid is null ? null : new Grid(5, 5), kind.StepLimit is null ? null : StepLimit);
    }

    // Episodes of one step.
    private static IEnvironment<object> Short(string name)
    {
        var kind = EnvironmentKind.Named(name);
        return kind.StepLimit is null ? kind.Of(new Grid(2, 5)) : kind.Of(kind.Grid is null ? null : new Grid(5, 5), 1);
    }

    private static Key Keys(int games, int iteration = 0, int seed = 4) => Key.Of(seed).Fold(iteration).Split(games);

    // Every second game does one thing again and again, the others anything.
    private static int[] Actions(IEnvironment<object> environment, int games, int step)
        => [.. Enumerable.Range(0, games).Select(
            i => (i % 2 == 0 ? i / 2 : new Random((1000 * i) + step).Next(100)) % environment.ActionCount)];

    private static Tensor Scalar(int value) => Tensor.Scalar(value, ElementType.Int32);

    private static Func<(object State, Tensor Action, Key Key), Moment> Move(IEnvironment<object> environment)
        => x =>
        {
            var (step, next, observation) = environment.StepAndReset(x.State, x.Action, x.Key);
            return new(step, next, environment.Observe(step.State), observation);
        };

    private static bool[] Ended(EnvironmentStep<object> step)
        => [.. step.Terminated.ToDoubles().Zip(step.Truncated.ToDoubles(), (end, cut) => end + cut > 0)];

    private static long[] Bits<T>(T tree)
        => [.. Tree.Leaves(tree).SelectMany(x => x.ToDoubles().Select(BitConverter.DoubleToInt64Bits))];

    // What a step leads to, and what is seen before and after a new episode begins.
    private sealed record Moment(EnvironmentStep<object> Step, object Next, Tensor Final, Tensor Seen);
}
